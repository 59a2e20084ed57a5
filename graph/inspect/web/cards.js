// The cards beside the graph: the verdict, progress, devices and the host.

import {short} from './charts.js';

const $ = id => document.getElementById(id);

function element(name, className, ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

function bar(part) {
  const fill = document.createElement('i');
  fill.style.width = `${100 * Math.min(1, Math.max(0, part))}%`;
  return element('span', 'bar', fill);
}

const whole = value => Math.round(value).toLocaleString('en');

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${short(value / 1000 ** power)} ${units[power]}`;
}

export function clock(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` :
                             `${(minutes / 1440).toFixed(1)} days`;
}

// `set` changes a setting; null where nobody may.
export function showVerdict(verdict, set) {
  if (!verdict) return;
  const [head, ...more] = verdict.text.trim().split('\n');
  $('verdict-head').textContent = head;
  $('verdict-more').replaceChildren(...more.map(line => element('p', '', line)));
  $('verdict').classList.toggle('fine', verdict.changes.length === 0);
  $('verdict-changes').replaceChildren(...verdict.changes.map(({path, from, to}) => {
    const change = element('code', 'change', `${path} ${from} → ${to}`);
    if (!set) return change;
    const button = element('button', '', 'Set ', element('code', '', `${path} = ${to}`));
    button.addEventListener('click', () => set(path, to));
    return button;
  }));
}

// The rate of the last minute says how long the rest takes.
function meanRate(steps, rateOf) {
  const last = steps.slice(-60);
  return last.reduce((sum, step) => sum + rateOf(step), 0) / Math.max(1, last.length);
}

export function showProgress(progress, samples, steps, rateOf) {
  const rate = meanRate(steps, rateOf);
  $('progress').replaceChildren(...progress.map(({label, done, total, unit, figures}) => {
    const part = total > 0 ? done / total : 0;
    const more = [`${whole(done)} of ${whole(total)} ${unit}`];
    if (unit === samples && rate > 0 && done < total) more.push(`${clock((total - done) / rate)} left`);
    for (const [name, value] of Object.entries(figures)) more.push(`${name} ${+value.toPrecision(4)}`);
    return element('div', 'progress',
                   element('p', 'line', label, element('span', '', `${Math.floor(100 * part)} %`)),
                   bar(part), element('p', 'more', more.join(' · ')));
  }));
  if (progress.length === 0) $('progress').textContent = 'The program tells of none.';
}

// What a GPU's driver tells of it, as far as it does.
function gpuFacts({busy, memory_used, memory_total, power, power_limit, clock, clock_limit} = {}) {
  const facts = [];
  const add = (value, limit, write, unit) => {
    if (value === undefined) return;
    facts.push(`${write(value)}${limit === undefined ? '' : ` of ${write(limit)}`}${unit}`);
  };
  if (busy !== undefined) facts.push(`GPU ${Math.round(100 * busy)} %`);
  add(memory_used, memory_total, bytes, ' by all');
  add(power, power_limit, Math.round, ' W');
  add(clock, clock_limit, hertz => Math.round(hertz * 1e-6), ' MHz');
  return facts;
}

export function showDevices(devices) {
  $('device-card').hidden = devices.length === 0;
  $('devices').replaceChildren(...devices.map(device => {
    const more = [`${short(device.samples_per_second)}/s`];
    if (device.memory_total > 0) {
      more.push(`${bytes(device.memory_used)} of ${bytes(device.memory_total)}`);
    } else if (device.memory_used > 0) {
      more.push(bytes(device.memory_used));
    }
    more.push(...gpuFacts(device.gpu));
    return element('div', 'device',
                   element('p', 'line', device.name,
                           element('span', '', `${Math.round(100 * device.busy)} % busy`)),
                   bar(device.busy), element('p', 'more', more.join(' · ')));
  }));
}

export function showHost(host, step) {
  if (!step) return;
  const percent = value => `${Math.round(100 * value)} %`;
  const facts = {
    'processors idle': percent(step[1]),
    'waiting for I/O': percent(step[2]),
    'used by the process': `${short(step[5])} of ${short(host.cpus_usable)}`,
    'disks read': `${bytes(step[3])}/s`,
    'disks written': `${bytes(step[4])}/s`,
    'memory, machine': `${bytes(host.memory_used)} of ${bytes(host.memory_total)}`,
    'memory, process': bytes(host.process_memory),
  };
  $('host').replaceChildren(...Object.entries(facts).flatMap(
      ([name, value]) => [element('dt', '', name), element('dd', '', value)]));
}
