// The state of the job, as the server sends it, into the page. Every text goes in as text: nothing is parsed as HTML.

import { LineChart } from "/charts.js";

const $ = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en");

/** An amount with commas; its digits stay as they came, a float never sees them. */
function money(amount) {
  const [euros, cents] = amount.split(".");
  return `${euros.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}

const ordersOf = (count) => `${whole.format(count)} ${count === 1 ? "order" : "orders"}`;
const clock = (time) => time.slice(11, 16);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const text = (id, value) => {
  if ($(id).textContent !== value) $(id).textContent = value;
};

function tag(name, className, content = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = content;
  return made;
}

/** One child for each row; those that are there are used again, so that nothing flickers and bars can grow. */
function rows(parent, list, make, fill) {
  while (parent.children.length > list.length) parent.lastChild.remove();
  while (parent.children.length < list.length) parent.append(make());
  list.forEach((row, index) => fill(parent.children[index], row));
}

function bar() {
  const item = document.createElement("li");
  const value = tag("span", "value");
  value.append(tag("span", "note"), " ", tag("span", "sum"));
  const track = tag("span", "bar");
  track.append(document.createElement("i"));
  item.append(tag("span", "name"), value, track);
  return item;
}

function fillBar(item, { name, note, amount, share }) {
  item.querySelector(".name").textContent = name;
  item.querySelector(".name").title = name;
  item.querySelector(".note").textContent = note;
  item.querySelector(".sum").textContent = money(amount);
  item.querySelector("i").style.width = `${(share * 100).toFixed(1)}%`;
}

function bars(id, list) {
  const top = Math.max(1e-9, ...list.map((row) => Number(row.amount)));
  rows($(id), list, bar, (item, row) => fillBar(item, { ...row, share: Number(row.amount) / top }));
}

function legendItem() {
  const item = document.createElement("li");
  item.append(tag("span", "swatch"), tag("span", "name"), tag("span", "value"));
  return item;
}

function statuses(list) {
  const all = list.reduce((sum, row) => sum + row.orders, 0) || 1;
  rows($("shares"), list, () => document.createElement("i"), (item, row) => {
    item.dataset.status = row.status;
    item.style.flexGrow = row.orders;
  });
  rows($("statuses"), list, legendItem, (item, row) => {
    item.children[0].dataset.status = row.status;
    item.children[1].textContent = row.status;
    const value = item.children[2];
    value.textContent = `${((100 * row.orders) / all).toFixed(1)}% `;
    value.append(tag("span", "note", whole.format(row.orders)));
  });
}

function changes(list) {
  if (list.length === 0) return;
  if (!$("changes").querySelector(".value")) $("changes").replaceChildren();
  rows($("changes"), list, () => {
    const item = document.createElement("li");
    item.append(tag("span", "name"), tag("span", "value"));
    return item;
  }, (item, row) => {
    item.children[0].textContent = `${row.from} → ${row.to}`;
    item.children[1].textContent = whole.format(row.count);
  });
}

const charts = {
  orders: new LineChart($("orders-chart"), "Orders a minute", $("orders-now"),
    (point) => `${clock(point.start)} · ${ordersOf(point.value)}`),
  amount: new LineChart($("amount-chart"), "Sales a minute", $("amount-now"),
    (point) => `${clock(point.start)} · ${money(point.amount)}`),
};

function time(now) {
  text("watermark", now.watermark ? now.watermark.slice(11, 19) : "none yet");
  text("newest", now.newest ? now.newest.slice(11) : "–");
  text("lag", now.lag_ms === null ? "–" : seconds(now.lag_ms));
  text("rate", now.per_second.toFixed(1));
  text("messages", whole.format(now.messages));
  text("late", whole.format(now.late));
  text("rejected", `${whole.format(now.rejected)} messages rejected`);
  const closes = now.closes === null ? "" : `This minute ends at ${now.closes.slice(11, 16)}: ${seconds(now.closes_in_ms)} of order time to go`;
  text("closes", closes || "\u00a0");
  $("closes-bar").style.width = now.closes === null ? "0" : `${(100 * (1 - now.closes_in_ms / 60000)).toFixed(1)}%`;
  text("empty-text", now.closes === null
    ? "No order has come yet. This page waits for the first one."
    : `Orders are coming: ${whole.format(now.messages)} until now. The first minute ends when the watermark, now at ` +
      `${now.watermark.slice(11, 19)}, reaches ${now.closes.slice(11)}.`);
}

function show(state) {
  const waiting = state.minutes.length === 0;
  document.body.classList.toggle("waiting", waiting);
  $("empty").hidden = !waiting;
  text("source", state.source);
  connection(state.job.state, state.job.message);
  time(state.time);
  document.title = waiting ? "Order statistics" : `${ordersOf(state.minutes.at(-1).orders)} a minute`;
  if (state.hour) {
    const { start, end, orders, amount } = state.hour;
    const span = `${clock(start)} to ${clock(end)}`;
    text("hour-orders", whole.format(orders));
    text("hour-amount", money(amount));
    text("hour-span", span);
    text("hour-average", `${(Number(amount) / orders).toFixed(2)} an order`);
    document.querySelectorAll("[data-hour]").forEach((place) => { place.textContent = span; });
  }
  if (state.last_five_minutes) {
    const five = state.last_five_minutes;
    text("five-orders", ordersOf(five.orders));
    text("five-amount", `${money(five.amount)}, to ${clock(five.end)}`);
  }
  charts.orders.show(state.minutes.map((minute) => ({ start: minute.start, value: minute.orders })));
  charts.amount.show(state.minutes.map((minute) => ({ ...minute, value: Number(minute.amount) })));
  bars("products", state.products.map((row) => ({ name: row.name || row.id, note: `${whole.format(row.quantity)} ×`, amount: row.sales })));
  bars("users", state.users.map((row) => ({ name: row.id, note: ordersOf(row.orders), amount: row.amount })));
  statuses(state.statuses);
  changes(state.changes);
}

const WORDS = {
  connecting: "Connecting", lost: "Connection lost, trying again", running: "Live",
  finished: "The job has finished", stopped: "The job was stopped", failed: "The job has failed",
};

/** Whether the job has ended; a server that goes away then is no news. */
let over = false;

function connection(state, message = "") {
  $("connection").dataset.state = state;
  text("connection", WORDS[state] ?? state);
  over = ["finished", "stopped", "failed"].includes(state);
  $("problem").hidden = state !== "failed";
  if (message) $("problem").querySelector("p").textContent = message;
}

/** Opens the stream of events, and again whenever it ends for good; the first event after that has everything. */
function connect() {
  const events = new EventSource("/events");
  events.addEventListener("state", (event) => show(JSON.parse(event.data)));
  events.onerror = () => {
    if (!over) connection("lost");
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  };
}

document.body.classList.add("waiting");
connect();
