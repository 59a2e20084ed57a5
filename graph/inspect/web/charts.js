// Lines over time, and a queue's fill as a strip of colour.

const kSvg = 'http://www.w3.org/2000/svg';
const kGap = 5;  // seconds without a step after which a line is interrupted

export function svg(name, attributes = {}, text = '') {
  const element = document.createElementNS(kSvg, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

export function ago(seconds) {
  if (seconds < 0.5) return 'now';
  return seconds < 90 ? `${Math.round(seconds)} s ago` : `${Math.round(seconds / 60)} min ago`;
}

export const short = value =>
    value >= 1e4 ? `${Math.round(value / 1e3)}k` :
    value >= 100 || Number.isInteger(value) ? `${Math.round(value)}` : value.toPrecision(2);

// A number above `value` that is easily halved: 1, 2, 4, 5 or 10 times a power of ten.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return power * [1, 2, 4, 5, 10].find(step => value <= step * power * 1.0001);
}

// What part of the last ten minutes there is, at least one minute.
export function spanOf(steps) {
  if (steps.length < 2) return 60;
  return Math.min(600, Math.max(60, steps[steps.length - 1][0] - steps[0][0]));
}

export class LineChart {
  // `series`: [{name, value: step => number}], at most three. `most`: a fixed top, or 0.
  constructor(place, series, most = 0, unit = '') {
    Object.assign(this, {place, series, most, unit, steps: [], at: null});
    this.tip = document.createElement('div');
    this.tip.className = 'tip-box';
    this.tip.hidden = true;
    place.addEventListener('pointermove', event => this.point(event));
    place.addEventListener('pointerleave', () => this.point(null));
    if (series.length > 1) this.addLegend();
  }

  addLegend() {
    const legend = document.createElement('p');
    legend.className = 'legend';
    this.series.forEach(({name}, i) => {
      const entry = document.createElement('span'), key = document.createElement('i');
      key.className = `key c${i}`;
      entry.append(key, name);
      legend.append(entry);
    });
    this.place.after(legend);
  }

  draw(steps) {
    this.steps = steps;
    const {width, height} = this.place.getBoundingClientRect();
    if (width === 0 || steps.length === 0) return;
    const box = {left: 34, right: width - 2, top: 8, bottom: height - 18};
    const now = steps[steps.length - 1][0], span = spanOf(steps);
    const values = steps.flatMap(step => this.series.map(({value}) => value(step)));
    const top = this.most || ceiling(Math.max(...values));
    this.x = time => box.right - (now - time) / span * (box.right - box.left);
    this.y = value => box.bottom - Math.min(value, top) / top * (box.bottom - box.top);
    this.time = x => now - (box.right - x) / (box.right - box.left) * span;

    const picture = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img'});
    picture.append(svg('title', {}, this.series.map(({name}) => name).join(', ')));
    for (const part of [0, 0.5, 1]) {
      const y = this.y(part * top);
      picture.append(svg('line', {class: 'grid', x1: box.left, x2: box.right, y1: y, y2: y}));
      picture.append(svg('text', {x: box.left - 6, y: y + 4, 'text-anchor': 'end'},
                         short(part * top) + this.unit));
      const x = box.left + part * (box.right - box.left);
      picture.append(svg('text', {x, y: height - 3, 'text-anchor': ['start', 'middle', 'end'][2 * part]},
                         ago((1 - part) * span)));
    }
    const shown = steps.filter(step => step[0] >= now - span);
    this.series.forEach(({value}, i) => this.addLine(picture, shown, value, i, box));
    if (this.at !== null) {
      picture.append(svg('line', {class: 'cross', x1: this.at, x2: this.at, y1: box.top, y2: box.bottom}));
    }
    this.place.replaceChildren(picture, this.tip);
  }

  addLine(picture, steps, value, number, box) {
    const pieces = [];
    steps.forEach((step, i) => {
      if (i === 0 || step[0] - steps[i - 1][0] > kGap) pieces.push([]);
      pieces[pieces.length - 1].push([this.x(step[0]).toFixed(1), this.y(value(step)).toFixed(1)]);
    });
    for (const piece of pieces) {
      const line = 'M' + piece.map(point => point.join(' ')).join('L');
      if (this.series.length === 1) {
        const end = piece[piece.length - 1][0];
        picture.append(svg('path', {class: 'area c0',
                                    d: `${line}L${end} ${box.bottom}L${piece[0][0]} ${box.bottom}Z`}));
      }
      picture.append(svg('path', {class: `line c${number}`, d: line}));
    }
  }

  point(event) {
    if (event === null || this.steps.length === 0) {
      this.at = null;
      this.tip.hidden = true;
      return this.draw(this.steps);
    }
    const {left, width} = this.place.getBoundingClientRect();
    const time = this.time(event.clientX - left);
    const nearest = this.steps.reduce((best, step) =>
        Math.abs(step[0] - time) < Math.abs(best[0] - time) ? step : best);
    this.at = this.x(nearest[0]);
    this.tip.textContent =
        this.series.map(({name, value}) => `${name} ${short(value(nearest))}${this.unit}`).join(' · ') +
        ', ' + ago(this.steps[this.steps.length - 1][0] - nearest[0]);
    this.tip.hidden = false;
    this.tip.style.left = `${Math.max(0, Math.min(this.at, width - this.tip.offsetWidth))}px`;
    this.draw(this.steps);
  }
}

// How full a queue was: a column of colour per step, the newest at the right.
export function drawStrip(canvas, steps, fill, colour) {
  const scale = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
  if (width === 0) return;
  Object.assign(canvas, {width, height});
  const context = canvas.getContext('2d'), span = spanOf(steps);
  context.fillStyle = colour;
  const now = steps[steps.length - 1][0];
  steps.forEach((step, i) => {
    const end = width - (now - step[0]) / span * width;
    const length = i === 0 ? 1 : Math.min(step[0] - steps[i - 1][0], kGap) / span * width;
    context.globalAlpha = fill(step) / 100;
    context.fillRect(Math.floor(end - length), 0, Math.ceil(length), height);
  });
}
