// The nodes: in the picture of the graph, and as a table with their settings.

import {drawStrip, short} from './charts.js';

// Where a node's numbers are in a step: items/s, fill, busy, ready, starved, blocked.
export const column = (node, number) => 1 + 6 * node + number;
const kShares = ['busy', 'ready', 'starved', 'blocked'];

const share = (part, whole) => Math.min(1, part / Math.max(1, whole));

function element(name, className = '', ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

// The server draws it once; what changes is moved here.
export class Picture {
  constructor(place) {
    this.place = place;
    this.shapes = new Map();
  }

  show(text) {
    const plain = text.replace(/<style>.*?<\/style>/s, '');  // the page has it, and allows no other
    const picture = new DOMParser().parseFromString(plain, 'image/svg+xml').documentElement;
    this.place.replaceChildren(document.importNode(picture, true));
    this.shapes = new Map([...this.place.querySelectorAll('.node')].map(
        shape => [shape.dataset.node, shape]));
  }

  update(nodes, limit) {
    for (const node of nodes) {
      const shape = this.shapes.get(node.name);
      if (!shape) continue;
      shape.classList.toggle('limit', node.name === limit);
      const places = shape.querySelectorAll('.queue'), fills = shape.querySelectorAll('.fill');
      let depth = 0, capacity = 0;
      node.inputs.forEach((queue, i) => {
        depth += queue.depth;
        capacity += queue.capacity;
        fills[i]?.setAttribute('width', places[i].getAttribute('width') *
                                            share(queue.depth, queue.capacity));
      });
      if (node.inputs.length > 0) shape.querySelector('.depth').textContent = `${depth}/${capacity}`;
      shape.querySelector('.workers').textContent = `${node.active}/${node.concurrency}`;
    }
  }
}

function duration(nanoseconds) {
  const units = ['ns', 'µs', 'ms', 's'];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, nanoseconds)) / 3));
  return `${short(nanoseconds / 1000 ** power)} ${units[power]}`;
}

function bar(part) {
  const fill = element('i');
  fill.style.width = `${100 * part}%`;
  return element('span', 'bar', fill);
}

// A field for a setting; it is sent when it has been changed.
class Field {
  constructor(path, set) {
    this.input = Object.assign(element('input'), {type: 'number', min: 1, step: 1});
    this.input.setAttribute('aria-label', path);
    this.input.addEventListener('change', () => set(path, this.input.value));
  }
  show(value) {
    if (document.activeElement !== this.input) this.input.value = value;
  }
}

class Row {
  constructor(node, number, set) {
    this.number = number;
    this.name = element('th');
    this.name.scope = 'row';
    this.queues = element('td');
    this.strip = element('canvas');
    this.work = element('td');
    this.shares = element('div', 'shares');
    this.shares.append(...kShares.map(name => element('i', name)));
    this.rate = element('td', 'number');
    this.p50 = element('td', 'number');
    this.p99 = element('td', 'number');
    this.concurrency = new Field(`${node.name}.concurrency`, set);
    this.queue = new Field(`${node.name}.queue`, set);
    this.element = element('tr', '', this.name, this.queues, element('td', '', this.strip), this.work,
                           element('td', '', this.shares), this.rate, this.p50, this.p99);
    this.element.dataset.node = node.name;
  }

  update(node, steps, limit, maySet, colour) {
    const wrong = [[node.errors, 'errors'], [node.skipped, 'skipped']].filter(([count]) => count > 0);
    this.name.replaceChildren(node.name, ...wrong.map(
        ([count, what]) => element('span', 'bad', ` ${count} ${what}`)));
    this.element.classList.toggle('limit', node.name === limit);
    this.showQueues(node, maySet);
    const canSetWork = maySet && !node.fixed && !node.serial;
    this.concurrency.show(node.concurrency);
    this.replace(this.work, canSetWork, `${node.active}/`, this.concurrency.input,
                 `${node.active}/${node.concurrency}`);
    const last = steps[steps.length - 1];
    if (last && column(this.number, 5) < last.length) {
      const parts = kShares.map((name, i) => [name, last[column(this.number, 2 + i)]]);
      parts.forEach(([, percent], i) => { this.shares.children[i].style.width = `${percent}%`; });
      this.shares.title = parts.map(([name, percent]) => `${name} ${percent} %`).join(', ');
      this.rate.textContent = short(last[column(this.number, 0)]);
      if (node.inputs.length > 0) {
        drawStrip(this.strip, steps, step => step[column(this.number, 1)] || 0, colour);
      }
    }
    this.strip.hidden = node.inputs.length === 0;
    this.p50.textContent = node.service.count ? duration(node.service.p50) : '';
    this.p99.textContent = node.service.count ? duration(node.service.p99) : '';
  }

  showQueues(node, maySet) {
    const most = node.inputs.reduce((best, queue) =>
        !best || share(queue.depth, queue.capacity) > share(best.depth, best.capacity) ? queue : best,
        null);
    if (most === null) return this.queues.replaceChildren();
    if (!this.nowBar) {
      this.nowBar = bar(0);
      this.nowText = element('span');
      this.queues.append(element('div', 'queue-now', this.nowBar, this.nowText));
    }
    this.nowBar.firstChild.style.width = `${100 * share(most.depth, most.capacity)}%`;
    this.nowBar.parentNode.title = node.inputs.map(queue =>
        `from ${queue.from}: ${queue.depth} of ${queue.capacity}, ${queue.high_water} at most`).join('; ');
    this.queue.show(most.capacity);
    this.replace(this.nowText, maySet, `${most.depth}/`, this.queue.input,
                 `${most.depth}/${most.capacity}`);
  }

  // A field that has the focus stays where it is.
  replace(place, editable, before, input, text) {
    if (!editable) return place.replaceChildren(text);
    if (input.parentNode !== place) place.replaceChildren(before, input);
    place.firstChild.textContent = before;
  }
}

export class NodeTable {
  constructor(body, set) {
    Object.assign(this, {body, set, rows: []});
  }

  show(nodes) {
    this.rows = nodes.map((node, i) => new Row(node, i, this.set));
    this.body.replaceChildren(...this.rows.map(row => row.element));
  }

  update(nodes, steps, limit, maySet) {
    const colour = getComputedStyle(document.documentElement).getPropertyValue('--item');
    nodes.forEach((node, i) => this.rows[i].update(node, steps, limit, maySet, colour));
  }
}
