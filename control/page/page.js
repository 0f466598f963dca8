// SPDX-License-Identifier: BSD-3-Clause
//
// The status page: takes what /events sends once a second and shows it.
import { Chart } from "./chart.js";

const KEPT = 301; // points

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const brief = (value) => (value < 9999.5 ? whole.format(Math.round(value)) : short.format(value));

function duration(seconds) {
  if (seconds === 0) return "0";
  if (seconds < 0.9995e-3) return `${(seconds * 1e6).toPrecision(seconds < 1e-4 ? 2 : 3).replace(/\.0+$/, "")} µs`;
  if (seconds < 0.9995) return `${Number((seconds * 1e3).toPrecision(3))} ms`;
  return `${Number(seconds.toPrecision(3))} s`;
}

function uptime(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => seconds >= size);
  return parts.slice(first < 0 ? 3 : first, (first < 0 ? 3 : first) + 2)
    .map(([size, unit], at, shown) => `${Math.floor((at ? seconds % shown[at - 1][0] : seconds) / size)} ${unit}`)
    .join(" ");
}

function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...[text].flat());
  return element;
}

/** A cell with a counter: exact, with what was counted for programs. */
function count(value, label) {
  return make("td", whole.format(value),
    { class: "number", "data-value": value, ...(label && { "data-label": label }) });
}

function bar(share, text) {
  const fill = document.createElement("i");
  fill.style.width = `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return make("div", [make("span", fill), text], { class: share > 0.8 ? "bar high" : "bar" });
}

function fill(table, rows) {
  document.querySelector(`#${table} tbody`).replaceChildren(...rows);
}

const figures = [
  ["syns", "SYNs", (point) => brief(point.syns), "/s", "syns", "in all"],
  ["challenged", "Challenges", (point) => brief(point.challenged), "/s", "challenged", "in all"],
  ["redeemed", "Challenges redeemed", (point) => brief(point.redeemed), "/s", "redeemed", "in all"],
  ["completed", "Connections opened", (point) => brief(point.completed), "/s", "completed", "in all"],
  ["dropped", "Packets dropped", (point) => brief(point.dropped), "/s", "dropped", "in all"],
  ["flows", "Connections", (point) => brief(point.flows), "", "flow_capacity", "at most"],
].map(([id, title, now, unit, total, what]) => {
  const value = make("span", "–");
  const all = make("dd", "–", { class: "all", id: `total-${total}` });
  document.querySelector("#figures").append(make("dl", [
    make("dt", title), make("dd", [value, make("small", unit)], { class: "now", id: `now-${id}` }), all,
  ], { class: "card" }));
  return (state) => {
    value.textContent = now(state.point);
    all.textContent = `${whole.format(state[total])} ${what}`;
    all.dataset.value = state[total];
  };
});

const charts = document.querySelector("#charts");
const latency = (side, share) => (point) => (point[side].count ? point[side][share] : null);
const plots = [
  new Chart(charts, {
    title: "SYNs and challenges a second", format: brief,
    series: [
      { name: "SYNs", color: "blue", value: (point) => point.syns },
      { name: "challenged", color: "orange", value: (point) => point.challenged },
      { name: "redeemed", color: "green", value: (point) => point.redeemed },
    ],
  }),
  new Chart(charts, {
    title: "Connections by state", format: brief, stacked: true,
    series: [
      { name: "established", color: "blue", value: (point) => point.established },
      { name: "half-open", color: "orange", value: (point) => point.half_open },
      { name: "closing", color: "violet", value: (point) => point.closing },
      { name: "closed", color: "grey", value: (point) => point.time_wait },
    ],
  }),
  ...[["server", "Server’s handshake time (SYN to SYN-ACK)"],
    ["client", "Client’s handshake time (SYN-ACK to ACK)"]].map(([side, title]) =>
    new Chart(charts, {
      title, format: duration, logarithmic: true,
      series: [
        { name: "median", color: "blue", value: latency(side, "p50") },
        { name: "99 %", color: "orange", value: latency(side, "p99") },
      ],
    })),
];

function service_row(service) {
  const name = make("td", service.name);
  if (service.under_attack) name.append(make("span", "under attack", { class: "pill alarm" }));
  const used = `${whole.format(service.budget_used)} of ${whole.format(service.budget)}`;
  const budgeted = service.challenge !== "never" && service.challenge !== "always";
  return make("tr", [
    name,
    make("td", service.method === "reset" ? `${service.challenge}, by reset` : service.challenge, { "data-label": "Challenge" }),
    make("td", brief(service.syn_rate), { class: "number", "data-label": "SYNs/s" }),
    count(service.syns, "SYNs"), count(service.challenged, "Challenged"), count(service.redeemed, "Redeemed"),
    count(service.failed, "Failed"), count(service.completed, "Completed"),
    make("td", budgeted ? bar(service.budget_used / service.budget, used) : "–", { "data-label": "Budget used" }),
  ], { "data-service": service.name });
}

function show_tables(state) {
  fill("services", state.services.map(service_row));
  document.querySelector("#services").hidden = !state.services.length;
  document.querySelector(".empty").hidden = state.services.length > 0;
  fill("states", Object.keys(state.endpoints.outside).map((name) => {
    const [outside, inside] = [state.endpoints.outside[name], state.endpoints.inside[name]];
    return make("tr", [make("td", name), count(outside), count(inside)],
      { class: outside + inside ? "" : "none" });
  }));
  fill("closes", Object.entries(state.closes).map(([name, value]) =>
    make("tr", [make("td", name.replace("_", " ")), count(value)], { class: value ? "" : "none" })));
  fill("reasons", [...state.reasons].sort((one, other) => other.count - one.count).map((reason) =>
    make("tr", [
      make("td", [reason.name, make("small", reason.text)]),
      make("td", reason.verdict, { class: `verdict ${reason.verdict}` }), count(reason.count),
    ], { "data-reason": reason.name })));
  fill("workers", state.point.workers.map((worker, index) => make("tr", [
    make("td", `${index}`), make("td", bar(worker.busy, `${Math.round(worker.busy * 100)} %`)),
    make("td", brief(worker.received), { class: "number" }),
    make("td", worker.batch.toFixed(1), { class: "number" }),
  ])));
  fill("ports", state.ports.map((port) => make("tr", [
    make("td", `${port.link} ${port.side}`), count(port.received), count(port.sent), count(port.lost),
  ])));
  const account = document.querySelector("#account");
  account.textContent = `${whole.format(state.received)} received` +
    (state.accounted_for ? ", each of them accounted for" : "; packets are under way");
  account.dataset.value = state.received;
}

function show_status(state) {
  const attacked = state.services.filter((service) => service.under_attack).map(({ name }) => name);
  const pill = document.querySelector("#status");
  const names = attacked.length > 3 ? `${attacked.length} services` : attacked.join(", ");
  pill.className = attacked.length ? "pill alarm" : "pill calm";
  const text = attacked.length ? `under attack: ${names}` : "no attack";
  if (pill.textContent !== text) pill.textContent = text;
  document.title = attacked.length ? `⚠ synward: ${names}` : "synward";
  document.querySelector("#run").textContent = `version ${state.version}, up ${uptime(state.uptime)}`;
}

let points = [];

const events = new EventSource("events");
events.addEventListener("history", (event) => { points = JSON.parse(event.data); });
events.addEventListener("state", (event) => {
  const state = JSON.parse(event.data);
  if (points.at(-1)?.time !== state.point.time) points.push(state.point);
  points = points.slice(-KEPT);
  show_status(state);
  figures.forEach((show) => show(state));
  plots.forEach((plot) => plot.show(points));
  show_tables(state);
  document.body.dataset.updates = Number(document.body.dataset.updates ?? 0) + 1;
});
events.addEventListener("error", () => {
  const pill = document.querySelector("#status");
  pill.className = "pill waiting";
  pill.textContent = "synward does not answer";
});
