// SPDX-License-Identifier: BSD-3-Clause
//
// A plot over the last minutes: lines, or areas on top of each other.

// Seconds that are shown, so that a run that has just begun does not hide in a corner, and between
// the marks of each.
const WINDOWS = [[60, 15], [120, 30], [300, 60]];
const REMEMBERED = 10; // seconds for which the last value stands in the legend
const HEIGHT = 200;
const EDGE = { left: 46, right: 6, top: 8, bottom: 20 };

function svg(name, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  const { color, property, ...others } = attributes;
  for (const [key, value] of Object.entries(others)) element.setAttribute(key, value);
  if (color) element.style[property] = color; // the page's policy forbids style attributes
  parent?.append(element);
  return element;
}

/** Round numbers from zero up to at least `most`, at most five. */
function linearTicks(most) {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power)
    .find((each) => each >= rough && (each >= 1));
  const ticks = [];
  for (let tick = 0; ticks.length < 2 || ticks.at(-1) < most; tick += step ?? 1) ticks.push(tick);
  return ticks;
}

/** Powers of ten around what is there; times in seconds. */
function logTicks(least, most) {
  const first = Math.floor(Math.log10(Math.max(least, 1e-6)) + 1e-9);
  const last = Math.max(Math.ceil(Math.log10(Math.max(most, 1e-6)) - 1e-9), first + 2);
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

export class Chart {
  /**
   * `series`: [{name, color, value(point)}], null where there is nothing; `format` makes the text of
   * a value; `stacked` puts areas on top of each other; `logarithmic` is for times.
   */
  constructor(parent, { title, series, format, stacked = false, logarithmic = false }) {
    Object.assign(this, { title, series, format, stacked, logarithmic, points: [] });
    this.card = document.createElement("section");
    this.card.className = "card chart";
    const header = document.createElement("header");
    const heading = document.createElement("h2");
    heading.textContent = title;
    this.legend = document.createElement("ul");
    this.legend.className = "legend";
    header.append(heading, this.legend);
    this.values = series.map(({ name, color }) => {
      const entry = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.style.background = `var(--${color})`;
      const value = document.createElement("b");
      entry.append(swatch, `${name} `, value);
      this.legend.append(entry);
      return value;
    });
    this.picture = svg("svg", { role: "img" });
    this.card.append(header, this.picture);
    parent.append(this.card);
    this.picture.addEventListener("pointermove", (event) => this.point(event));
    this.picture.addEventListener("pointerleave", () => { this.pointed = null; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(this.card);
  }

  show(points) {
    this.points = points;
    this.draw();
  }

  point(event) {
    const box = this.picture.getBoundingClientRect();
    const share = (event.clientX - box.left - EDGE.left) / (box.width - EDGE.left - EDGE.right);
    this.pointed = (Math.min(Math.max(share, 0), 1) - 1) * this.seconds();
    this.draw();
  }

  window() {
    const span = (this.points.at(-1)?.time ?? 0) - (this.points[0]?.time ?? 0);
    return WINDOWS.find(([seconds]) => span <= seconds) ?? WINDOWS.at(-1);
  }

  seconds() {
    return this.window()[0];
  }

  /** For each point the value of each series, on top of those before it where they are stacked. */
  levels() {
    return this.points.map((point) => {
      let below = 0;
      return this.series.map(({ value }) => {
        const own = value(point);
        if (!this.stacked || own === null) return own;
        below += own;
        return below;
      });
    });
  }

  draw() {
    const width = this.picture.clientWidth;
    if (width === 0) return;
    this.picture.replaceChildren();
    this.picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const levels = this.levels();
    const all = levels.flat().filter((value) => value !== null && value > 0);
    const most = all.length ? Math.max(...all) : this.logarithmic ? 1e-2 : 1;
    const least = all.length ? Math.min(...all) : 1e-4;
    const ticks = this.logarithmic ? logTicks(least, most) : linearTicks(most);
    const low = ticks[0];
    const high = ticks.at(-1);
    const inside = HEIGHT - EDGE.top - EDGE.bottom;
    const share = this.logarithmic
      ? (value) => Math.log(Math.max(value, low) / low) / Math.log(high / low)
      : (value) => value / high;
    const y = (value) => HEIGHT - EDGE.bottom - share(value) * inside;
    const now = this.points.at(-1)?.time ?? 0;
    const [seconds] = this.window();
    const x = (time) =>
      EDGE.left + ((time - now + seconds) / seconds) * (width - EDGE.left - EDGE.right);
    this.axes(width, ticks, y, x, now);
    const order = this.series.map((_, index) => index);
    if (this.stacked) order.reverse();
    for (const index of order) this.draw_series(index, levels, x, y);
    this.tell(this.pointed ?? null, x, now);
  }

  axes(width, ticks, y, x, now) {
    for (const tick of ticks) {
      const level = Math.round(y(tick)) + 0.5;
      svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: level, y2: level },
        this.picture);
      svg("text", { x: EDGE.left - 6, y: level + 4, "text-anchor": "end" }, this.picture)
        .textContent = this.format(tick);
    }
    const [seconds, step] = this.window();
    for (let ago = seconds - step; ago >= 0; ago -= step * (width < 420 && seconds > 60 ? 2 : 1)) {
      svg("text", {
        x: ago ? x(now - ago) : width - EDGE.right, y: HEIGHT - 4,
        "text-anchor": ago ? "middle" : "end",
      }, this.picture).textContent = !ago ? "now" : step < 60 ? `−${ago} s` : `−${ago / 60} min`;
    }
  }

  draw_series(index, levels, x, y) {
    const color = `var(--${this.series[index].color})`;
    let runs = [[]];
    this.points.forEach((point, at) => {
      const value = levels[at][index];
      if (value === null) runs.push([]);
      else runs.at(-1).push([x(point.time), y(value), index && this.stacked ? y(levels[at][index - 1]) : y(0)]);
    });
    runs = runs.filter((run) => run.length && run.at(-1)[0] >= EDGE.left);
    for (const run of runs) {
      const seen = run.filter(([across]) => across >= EDGE.left);
      const path = seen.map(([across, up], at) => `${at ? "L" : "M"}${across.toFixed(1)} ${up.toFixed(1)}`).join("");
      if (this.stacked) {
        const back = seen.map(([across, , below]) => `L${across.toFixed(1)} ${below.toFixed(1)}`).reverse().join("");
        svg("path", { class: "area", d: `${path}${back}Z`, color, property: "fill" }, this.picture);
      } else if (seen.length === 1) {
        svg("circle", { cx: seen[0][0], cy: seen[0][1], r: 1.75, color, property: "fill" }, this.picture);
      } else {
        svg("path", { class: "line", d: path, color, property: "stroke" }, this.picture);
      }
    }
  }

  /** The values under the pointer, else the latest, in the legend. */
  tell(seconds, x, now) {
    let told = this.points.at(-1);
    if (seconds !== null && told) {
      const wanted = now + seconds;
      told = this.points.reduce((best, point) =>
        Math.abs(point.time - wanted) < Math.abs(best.time - wanted) ? point : best, told);
      const across = x(told.time);
      svg("line", { class: "cursor", x1: across, x2: across, y1: EDGE.top, y2: HEIGHT - EDGE.bottom },
        this.picture);
    }
    const latest = seconds === null ? this.points.slice(-REMEMBERED).reverse() : [told];
    const texts = this.series.map(({ value }) => {
      const here = latest.filter(Boolean).map(value).find((each) => each !== null) ?? null;
      return here === null ? "–" : this.format(here);
    });
    this.values.forEach((element, index) => { element.textContent = texts[index]; });
    this.picture.setAttribute("aria-label", `${this.title}, the last five minutes. Now: ` +
      this.series.map(({ name }, index) => `${name} ${texts[index]}`).join(", "));
  }
}
