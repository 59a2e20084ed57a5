// The page: asks the server once a second, and shows what it says.

import {LineChart, short, spanOf} from './charts.js';
import {showDevices, showHost, showProgress, showVerdict} from './cards.js';
import {NodeTable, Picture, column} from './nodes.js';

const kEvery = 1000, kSeconds = 600;
const $ = id => document.getElementById(id);

class Refused extends Error {}

// With a token the server tells nobody else anything; without one it changes nothing.
class Server {
  constructor() {
    const given = new URLSearchParams(location.hash.slice(1)).get('token');
    if (given) {
      sessionStorage.setItem('token', given);
      history.replaceState(null, '', location.pathname);
    }
    this.wantsToken = false;
  }
  get token() { return sessionStorage.getItem('token'); }
  set token(text) { sessionStorage.setItem('token', text); }

  async ask(address, options = {}) {
    const headers = this.wantsToken && this.token ? {Authorization: `Bearer ${this.token}`} : {};
    const response = await fetch(address, {...options, headers});
    if (response.status === 401 && !this.wantsToken && this.token) {
      this.wantsToken = true;
      return this.ask(address, options);
    }
    if (response.status === 401) {
      throw new Refused(this.wantsToken ? 'That is not its token.' : '');
    }
    return response;
  }
}

const server = new Server();
const picture = new Picture($('picture'));
const table = new NodeTable($('rows'), set);
let wanted = null;  // the graph that was chosen
let shown = '';     // what the picture and the table are of
let steps = [], processSteps = [];
let rateOf = () => 0;

const rateChart = new LineChart($('rate-chart'), [{name: 'rate', value: step => rateOf(step)}]);
const useChart = new LineChart($('use-chart'), [
  {name: 'devices', value: step => deviceBusy(step)},
  {name: 'processors', value: step => 100 * Math.max(0, 1 - step[1] - step[2])},
  {name: 'I/O wait', value: step => 100 * step[2]},
], 100, ' %');

function deviceBusy(step) {
  let sum = 0, count = 0;
  for (let i = 6; i < step.length; i += 3, ++count) sum += step[i];
  return count > 0 ? sum / count : 0;
}

function deviceRate(step) {
  let sum = 0;
  for (let i = 8; i < step.length; i += 3) sum += step[i];
  return sum;
}

// Samples per second: what the devices say, or else how much the first source sends.
function chooseRate(report) {
  const unit = report.roles.samples || 'items';
  $('rate-name').textContent = `${unit}/s`;
  rateChart.series[0].name = `${unit}/s`;
  if (report.devices.some(device => device.samples_per_second > 0) ||
      processSteps.some(step => deviceRate(step) > 0)) {
    rateOf = deviceRate;
    return processSteps;
  }
  const source = Math.max(0, report.graph.nodes.findIndex(node => node.kind === 'source'));
  rateOf = step => step[column(source, 0)] || 0;
  return steps;
}

function keep(old, more) {
  const all = old.concat(more);
  const first = all.length > 0 ? all[all.length - 1][0] - kSeconds : 0;
  return all.filter(step => step[0] > first);
}

async function set(path, value) {
  try {
    const body = JSON.stringify({graph: wanted ?? shown.split('\n')[0], path, value: `${value}`});
    const response = await server.ask('set', {method: 'POST', body});
    const answer = await response.json();
    $('setting-state').textContent = response.ok ? `${path} is ${value}` : answer.error;
    $('setting-state').classList.toggle('bad', !response.ok);
  } catch (error) {
    $('setting-state').textContent = `${path} was not changed: ${error.message}`;
  }
}

async function showGraph(report) {
  const now = [report.run.name, ...report.graph.nodes.map(node => node.name)].join('\n');
  if (now === shown) return;
  const response = await server.ask(`graph.svg?graph=${encodeURIComponent(report.run.name)}`);
  if (!response.ok) return;
  picture.show(await response.text());
  table.show(report.graph.nodes);
  shown = now;
}

function showGraphs(names, current) {
  const buttons = names.map(name => {
    const button = document.createElement('button');
    button.textContent = name;
    button.setAttribute('aria-pressed', name === current);
    button.addEventListener('click', () => choose(name));
    return button;
  });
  $('graphs').hidden = names.length < 2;
  const known = [...$('graphs').children].map(each => each.textContent + each.ariaPressed).join();
  if (known !== buttons.map(each => each.textContent + each.ariaPressed).join()) {
    $('graphs').replaceChildren(...buttons);
  }
}

function choose(name) {
  wanted = name;
  steps = [];
  processSteps = [];
  again();
}

function state(text, kind) {
  $('state').textContent = text;
  $('state').className = kind;
}

async function show(answer) {
  const {report, verdict} = answer;
  if (shown.split('\n')[0] !== report.run.name) steps = [];
  steps = keep(steps, answer.steps);
  processSteps = keep(processSteps, answer.process);
  $('login').hidden = true;
  $('page').hidden = false;
  document.querySelector('footer').hidden = server.wantsToken;
  document.title = `${report.process.program}: ${report.run.name}`;
  $('process').textContent = `${report.process.program}, process ${report.process.pid}`;
  showGraphs(answer.graphs, report.run.name);
  await showGraph(report);

  const limit = verdict?.node ?? '';
  const rateSteps = chooseRate(report);
  const rates = rateSteps.slice(-3).map(rateOf);
  const rate = rates.reduce((sum, each) => sum + each, 0) / Math.max(1, rates.length);
  $('rate').textContent = short(rate);
  rateChart.draw(rateSteps);
  useChart.draw(processSteps);
  showVerdict(verdict, server.wantsToken && report.run.running ? set : null);
  showProgress(report.progress, report.roles.samples, rateSteps, rateOf);
  showDevices(report.devices);
  showHost(report.host, processSteps[processSteps.length - 1]);
  picture.update(report.graph.nodes, limit);
  $('strip-span').textContent = `${Math.round(spanOf(steps) / 60)} min`;
  table.update(report.graph.nodes, steps, limit, server.wantsToken && report.run.running);
  if (!server.wantsToken) {
    $('setting-state').textContent = 'To change settings here, start the program with a token.';
  }
  state(report.run.running ? 'running' : 'ended', report.run.running ? 'running' : '');
}

async function refresh() {
  try {
    const after = Math.min(steps.at(-1)?.[0] ?? 0, processSteps.at(-1)?.[0] ?? 0);
    const query = new URLSearchParams({after, ...(wanted ? {graph: wanted} : {})});
    const response = await server.ask(`history.json?${query}`);
    const answer = await response.json();
    if (response.ok) {
      await show(answer);
    } else {
      state(answer.error, '');
    }
  } catch (error) {
    if (error instanceof Refused) {
      $('login').hidden = false;
      $('login-error').textContent = error.message;
      server.wantsToken = true;
      state('a token is needed', '');
      return 'wait';
    }
    state('no answer; the program may have ended', 'lost');
  }
  return 'go on';
}

let timer = 0, turn = 0;
async function again() {
  const mine = ++turn;
  clearTimeout(timer);
  if (await refresh() === 'go on' && mine === turn) timer = setTimeout(again, kEvery);
}

$('login').addEventListener('submit', event => {
  event.preventDefault();
  server.token = $('token').value.trim();
  again();
});
again();
