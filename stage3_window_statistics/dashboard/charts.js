// A line chart in SVG: a point a minute, a reading under the pointer or the arrow keys. Drawn anew for each state.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 22;

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

/** The smallest of 1, 2, 3, 4, 5, 6, 8, 10, 20, … that is at least `value`. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * (1 - 1e-9)) * power;
}

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export class LineChart {
  /**
   * @param place where the chart goes
   * @param label what it shows, for who cannot see it
   * @param reading where the reading stands as text
   * @param say (point) => the reading of a point {start, value}
   */
  constructor(place, label, reading, say) {
    Object.assign(this, { place, label, reading, say, points: [], chosen: null });
    this.svg = element("svg", { role: "img", tabindex: "0" });
    place.append(this.svg);
    this.svg.addEventListener("pointermove", (event) => this.choose(this.under(event)));
    this.svg.addEventListener("pointerleave", () => this.choose(null));
    this.svg.addEventListener("blur", () => this.choose(null));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(place);
  }

  show(points) {
    this.points = points;
    this.draw();
  }

  under(event) {
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    const index = Math.round(((x - LEFT) / (this.width - LEFT - RIGHT)) * (this.points.length - 1));
    return this.points[Math.max(0, Math.min(this.points.length - 1, index))]?.start ?? null;
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || this.points.length === 0) return;
    event.preventDefault();
    const last = this.points.length - 1;
    const now = this.points.findIndex((point) => point.start === this.chosen);
    this.choose(this.points[Math.max(0, Math.min(last, (now < 0 ? last + 1 : now) + step))].start);
  }

  choose(start) {
    this.chosen = start;
    this.draw();
  }

  draw() {
    this.width = this.place.clientWidth || 300;
    const height = this.svg.clientHeight || 200;
    const { points, width } = this;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren();
    const last = points.at(-1);
    const shown = points.find((point) => point.start === this.chosen) ?? last;
    this.reading.textContent = shown ? this.say(shown) : "";
    this.svg.setAttribute("aria-label", last ? `${this.label}, the last ${points.length} minutes. Now: ${this.say(last)}` : this.label);
    if (!last) return;

    const top = roundUp(Math.max(1, ...points.map((point) => point.value)));
    const x = (index) => LEFT + (points.length < 2 ? 1 : index / (points.length - 1)) * (width - LEFT - RIGHT);
    const y = (value) => TOP + (1 - value / top) * (height - TOP - BOTTOM);
    for (const share of [0, 0.5, 1]) {
      element("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(top * share), y2: y(top * share) }, this.svg);
      const text = element("text", { x: LEFT - 8, y: y(top * share) + 4, "text-anchor": "end" }, this.svg);
      text.textContent = short.format(top * share);
    }
    const every = Math.max(1, Math.ceil(points.length / Math.max(2, Math.floor((width - LEFT) / 90))));
    for (let index = points.length - 1; index >= 0; index -= every) {
      const anchor = index === points.length - 1 ? "end" : x(index) < LEFT + 16 ? "start" : "middle";
      const text = element("text", { x: x(index), y: height - 4, "text-anchor": anchor }, this.svg);
      text.textContent = points[index].start.slice(11, 16);
    }
    const path = points.map((point, index) => `${x(index).toFixed(1)},${y(point.value).toFixed(1)}`);
    if (points.length > 1) {
      const area = `M${x(0)},${y(0)}L${path.join("L")}L${x(points.length - 1)},${y(0)}Z`;
      element("path", { class: "area", d: area }, this.svg);
      element("path", { class: "line", d: `M${path.join("L")}` }, this.svg);
    }
    const at = points.indexOf(shown);
    if (shown !== last) element("line", { class: "mark", x1: x(at), x2: x(at), y1: TOP, y2: y(0) }, this.svg);
    element("circle", { class: "dot", cx: x(at), cy: y(shown.value), r: 4.5 }, this.svg);
  }
}
