// What every part of a panel needs: elements, lists that keep their elements, words, and the way to Python.

/** An element; text is always set as text, so nothing that stands in a report can become markup. */
function h(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "rect", "circle", "text"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  // JupyterLab and Notebook keep their keys (arrows, a, b, dd) away from what has the focus
  if (["button", "input", "select", "summary"].includes(tag) || "tabindex" in attributes) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (["value", "checked", "disabled", "textContent", "hidden"].includes(name) && !svg) node[name] = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Show `items` as children of `parent`; an element whose key stays is kept, and with it the keyboard's place. */
function keyed(parent, items, keyOf, make, update) {
  const old = new Map(Array.from(parent.children, (node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let node = old.get(key);
    if (!node) {
      node = make(item);
      node.dataset.key = key;
    }
    old.delete(key);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
    update(node, item);
  }
  for (const node of old.values()) node.remove();
}

/** Put text into an element only when it is another one: a screen reader reads what changes. */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Put a value into a field unless the reader is typing in it. */
function fill(field, value) {
  if (field.getRootNode().activeElement !== field && field.value !== value) field.value = value;
}

/** The words of the seller's language: `t("more", {n: 4})`. */
function wordsOf(screen) {
  const numbers = () => new Intl.NumberFormat(screen().words.language);
  return (key, facts = {}) => (screen().words[key] ?? key).replace(/\{(\w+)(:,)?\}/g, (_, name) =>
    typeof facts[name] === "number" ? numbers().format(facts[name]) : String(facts[name] ?? ""));
}

/** Times on the marketplace's clock; a panel that fills itself learns its zone with the first report. */
const clocks = {};
const clockOf = ({ words, chart }) => (clocks[`${words.language} ${chart.zone}`] ??= clockMade(words.language, chart.zone));

function clockMade(language, zone) {
  const weekday = language.startsWith("zh") ? undefined : "short"; // 11月19日 22:05
  const day = new Intl.DateTimeFormat(language, { timeZone: zone, weekday, day: "numeric", month: "short" });
  const time = new Intl.DateTimeFormat(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return {
    day: (seconds) => day.format(seconds * 1000).replace(",", ""),
    full: (seconds) => `${day.format(seconds * 1000).replace(",", "")} ${time.format(seconds * 1000)}`,
    hour: (seconds) => Number.parseInt(time.format(seconds * 1000), 10),
  };
}

/** JupyterLab does not hear its keys from inside the panel; saving is handed on to it. */
function handOnSaving(root) {
  root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    const { key, code, keyCode, ctrlKey, metaKey, shiftKey } = event;
    const outside = root.closest(".jp-Cell") ?? document.body;
    outside.dispatchEvent(new KeyboardEvent("keydown", { key, code, keyCode, ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true }));
  });
}

/**
 * The way to Python: one question at a time, the newest of its kind waits, and silence is noticed.
 * `model` trait `answer` holds the number of the last question answered.
 */
function lineTo(model, onSilence, onAnswer) {
  const waiting = [];
  let open = null;
  let timer = null;

  function next() {
    if (open !== null || !waiting.length) return;
    open = `${Date.now()}-${Math.random()}`;
    timer = setTimeout(onSilence, 3000);
    try {
      model.send({ ...waiting.shift(), question: open });
    } catch {
      onSilence();
    }
  }
  function answered() {
    if (model.get("answer") !== open) return;
    clearTimeout(timer);
    open = null;
    onAnswer();
    next();
  }
  model.on("change:answer", answered);
  return {
    ask(message) {
      const place = waiting.findIndex((other) => message.latest && other.latest === message.latest);
      if (place >= 0) waiting[place] = message;
      else waiting.push(message);
      next();
    },
    close() {
      clearTimeout(timer);
      model.off("change:answer", answered);
    },
  };
}
