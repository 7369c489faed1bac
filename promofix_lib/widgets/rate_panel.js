// What cancelling does to the account: figures, the rate day by day, and money against rate with a step to choose.

const RATE = { width: 520, height: 230, left: 42, right: 12, top: 24, bottom: 34 };

const rateX = (share) => RATE.left + share * (RATE.width - RATE.left - RATE.right);
const rateY = (share) => RATE.height - RATE.bottom - share * (RATE.height - RATE.top - RATE.bottom);

/** A round number at or above `value`: 1, 2 or 5 and zeros. */
function roundUp(value) {
  const ten = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return [1, 2, 2.5, 5, 10].map((n) => n * ten).find((n) => n >= value * 0.9999);
}

function gridLines(step, top, write) {
  const lines = [];
  for (let value = 0; value <= top * 1.0001; value += step) {
    const y = rateY(value / top);
    lines.push(h("line", { x1: RATE.left, x2: RATE.width - RATE.right, y1: y, y2: y }), h("text", { class: "pf-end pf-faint", x: RATE.left - 5, y: y + 4 }, write(value)));
  }
  return h("g", { class: "pf-grid", "aria-hidden": "true" }, ...lines);
}

function ratePart({ model, t }) {
  const svg = h("svg", { role: "img", viewBox: `0 0 ${RATE.width} ${RATE.height}` });
  const title = h("h3", {});
  const legend = h("p", { class: "pf-legend" });
  const under = h("p", { class: "pf-under" });
  const recovery = h("p", { class: "pf-answer", role: "status" });
  function draw() {
    const { days, limit, titles } = model.get("view");
    if (!days) return;
    say(recovery, model.get("view").recovery);
    const size = days.labels.length;
    const step = roundUp(Math.max(limit * 2, ...days.high, ...days.lines.flatMap((line) => line.rates)) / 5);
    const top = step * Math.ceil(Math.max(limit * 2, ...days.high, ...days.lines.flatMap((line) => line.rates)) / step);
    const x = (edge) => rateX(edge / size);
    const stairs = (rates) => rates.map((rate, n) => `${n ? "L" : "M"}${x(n).toFixed(1)} ${rateY(rate / top).toFixed(1)}H${x(n + 1).toFixed(1)}`).join("");
    const back = (rates) => rates.map((rate, n) => [n, rate]).reverse().map(([n, rate]) => `L${x(n + 1).toFixed(1)} ${rateY(rate / top).toFixed(1)}H${x(n).toFixed(1)}`).join("");
    const line = rateY(limit / top);
    const every = Math.ceil(size / 5);
    svg.replaceChildren(
      h("rect", { class: "pf-future", x: x(days.known), y: RATE.top, width: x(size) - x(days.known), height: rateY(0) - RATE.top }),
      h("text", { class: "pf-faint", x: x(days.known) + 4, y: RATE.top - 6 }, t("report_ends")),
      gridLines(step, top, (value) => `${Number(value.toFixed(2))}%`),
      h("path", { class: "pf-band", d: `${stairs(days.high)}${back(days.low)}z` }),
      ...days.lines.map((one) => h("path", { class: `pf-line pf-line-${one.name}`, d: stairs(one.rates) })),
      h("path", { class: "pf-limit", d: `M${RATE.left} ${line}H${RATE.width - RATE.right}` }),
      h("text", { x: RATE.left + 4, y: line - 5 }, t("limit")),
      ...days.labels.map((label, n) => n % every || x(n) > RATE.width - 60 ? null : h("text", { x: x(n), y: RATE.height - RATE.bottom + 15 }, label)).filter(Boolean),
      h("text", { class: "pf-end pf-faint", x: RATE.width - RATE.right, y: RATE.height - 4 }, titles.zone));
    svg.setAttribute("aria-label", [titles.rate, ...days.lines.map((one) => `${one.text}: ${Math.max(...one.rates).toFixed(2)}%`), t("limit")].join(". "));
    say(title, titles.rate);
    legend.replaceChildren(...days.lines.map((one) => h("span", { class: `pf-key-${one.name}` }, one.text)));
  }
  svg.addEventListener("pointermove", (event) => {
    const { days } = model.get("view");
    const box = svg.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width * RATE.width - RATE.left) / (RATE.width - RATE.left - RATE.right);
    const n = Math.min(Math.max(Math.floor(share * days.labels.length), 0), days.labels.length - 1);
    say(under, `${days.labels[n]}: ${days.lines.map((one) => `${one.text} ${one.rates[n].toFixed(2)}%`).join(" · ")}`);
  });
  svg.addEventListener("pointerleave", () => say(under, ""));
  return { root: h("section", {}, title, svg, legend, recovery, under), draw };
}

function frontierPart({ model, t, ask, id }) {
  const svg = h("svg", { class: "pf-frontier", role: "img", viewBox: `0 0 ${RATE.width} ${RATE.height}` });
  const here = h("circle", { class: "pf-here", r: 7 });
  const slider = h("input", { type: "range", id: `${id}-step`, min: 0, step: 1, "data-lm-suppress-shortcuts": "true", oninput: () => move(Number(slider.value)) });
  const button = (words, aim) => h("button", { type: "button", "data-lm-suppress-shortcuts": "true", onclick: () => move(aim()) }, t(words));
  const answer = h("p", { class: "pf-answer pf-plan", role: "status" });
  const hints = h("div", {});
  const rows = h("tbody", {});
  const head = h("thead", {}, h("tr", {}, ...["cancel", "honour", "loss", "rate"].map((name) => h("th", { scope: "col", class: "pf-right" }, t(`column_${name}`)))));
  const table = h("details", {}, h("summary", { "data-lm-suppress-shortcuts": "true" }, t("all_plans")), h("div", { class: "pf-steps", tabindex: 0, role: "group", "aria-label": t("all_plans") }, h("table", {}, h("caption", {}, t("chart_frontier")), head, rows)));
  const root = h("section", {}, h("h3", {}, t("chart_frontier")), svg,
    h("div", { class: "pf-step" }, h("label", { for: slider.id }, t("step")), button("fewer", () => place() - 1), slider, button("more", () => place() + 1), button("best", () => model.get("view").best)),
    answer, hints, table);
  let held = null; // the step as the reader moves it, ahead of Python's answer
  let scale = null;
  const place = () => held ?? model.get("place");
  const plans = () => model.get("view").plans ?? [];

  function move(aim) {
    held = Math.min(Math.max(aim, 0), plans().length - 1);
    drawPlace();
    ask({ do: "step", place: held, latest: "step" });
  }

  function drawPlace() {
    const plan = plans()[place()];
    root.hidden = !plan;
    if (!plan) return;
    here.setAttribute("cx", scale.x(plan.rate));
    here.setAttribute("cy", scale.y(plan.loss));
    here.classList.toggle("pf-good", plan.under);
    answer.classList.toggle("pf-good", plan.under);
    slider.value = place();
    slider.setAttribute("aria-valuetext", `${t("column_cancel")} ${plan.cancel}, ${plan.loss_text}, ${plan.rate_text}`);
    say(answer, plan.sentence);
  }

  function draw() {
    held = null;
    const { limit, titles } = model.get("view");
    hints.replaceChildren(...model.get("view").hints.map((text) => h("p", { class: "pf-notice pf-hint" }, text)));
    slider.max = Math.max(plans().length - 1, 0);
    if (plans().length) {
      const most = Math.max(limit * 2, ...plans().map((plan) => plan.rate)) * 1.05;
      const step = roundUp(Math.max(1, ...plans().map((plan) => plan.loss)) / 5);
      const top = step * Math.ceil(Math.max(1, ...plans().map((plan) => plan.loss)) / step);
      scale = { x: (rate) => rateX(rate / most), y: (loss) => rateY(Math.max(loss, 0) / top) };
      const path = plans().map((plan, n) => (n ? `H${scale.x(plan.rate).toFixed(1)}V${scale.y(plan.loss).toFixed(1)}` : `M${scale.x(plan.rate).toFixed(1)} ${scale.y(plan.loss).toFixed(1)}`)).join("");
      const numbers = new Intl.NumberFormat(model.get("words").language, { notation: "compact" });
      const rates = roundUp(most / 6);
      const ticks = Array.from({ length: Math.floor(most / rates) + 1 }, (_, n) => n * rates);
      svg.replaceChildren(
        h("rect", { class: "pf-under-limit", x: RATE.left, y: RATE.top, width: scale.x(limit) - RATE.left, height: rateY(0) - RATE.top }),
        gridLines(step, top, (value) => numbers.format(value)),
        h("path", { class: "pf-line pf-line-chosen", d: path }),
        ...plans().map((plan) => h("circle", { class: "pf-dot", r: 2.2, cx: scale.x(plan.rate), cy: scale.y(plan.loss) })),
        h("path", { class: "pf-limit", d: `M${scale.x(limit)} ${RATE.top}V${rateY(0)}` }),
        h("text", { x: scale.x(limit) + 4, y: RATE.top + 14 }, t("limit")),
        ...ticks.map((rate) => h("text", { class: "pf-middle pf-faint", x: scale.x(rate), y: rateY(0) + 15 }, `${Number(rate.toFixed(2))}%`)),
        h("text", { class: "pf-faint", x: 2, y: 11 }, titles.money),
        h("text", { class: "pf-end pf-faint", x: RATE.width - RATE.right, y: RATE.height - 4 }, titles.worst), here);
      svg.setAttribute("aria-label", `${titles.money}, ${titles.worst}. ${t("limit")}`);
    }
    rows.replaceChildren(...plans().map((plan) => h("tr", {}, ...[plan.cancel, plan.honour, plan.loss_text, plan.rate_text].map((cell) => h("td", { class: "pf-right" }, String(cell))))));
    drawPlace();
  }

  const nearest = (event) => {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * RATE.width;
    const far = (n) => Math.abs(scale.x(plans()[n].rate) - at);
    return plans().reduce((best, _, n) => (far(n) < far(best) ? n : best), 0);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !plans().length) return;
    svg.setPointerCapture(event.pointerId);
    move(nearest(event));
  });
  svg.addEventListener("pointermove", (event) => event.buttons === 1 && plans().length && move(nearest(event)));
  return { root, draw, drawPlace: () => { held = null; drawPlace(); } };
}

function render({ model, el }) {
  const t = wordsOf(model);
  const silent = h("p", { class: "pf-silent", role: "alert", hidden: true });
  const line = lineTo(model, () => { silent.hidden = false; say(silent, t("run_again")); }, () => { silent.hidden = true; });
  const context = { model, t, ask: line.ask, id: `pf-${Math.random().toString(36).slice(2)}` };
  const figures = h("dl", { class: "pf-figures" });
  const status = h("div", { role: "status", "aria-label": t("panel") }, figures);
  const none = h("p", { class: "pf-empty", hidden: true }, t("panel_none"));
  const channel = h("select", { "data-lm-suppress-shortcuts": "true", onchange: () => line.ask({ do: "channel", channel: channel.value }) });
  const channels = h("label", { class: "pf-tools" }, `${t("sales_channel")} `, channel);
  const warnings = h("div", {});
  const notes = h("ul", {});
  const rate = ratePart(context);
  const frontier = frontierPart(context);
  const body = h("div", {}, channels, status, warnings, h("div", { class: "pf-pair" }, rate.root, frontier.root),
    h("details", {}, h("summary", { "data-lm-suppress-shortcuts": "true" }, t("what_unknown")), notes));
  const root = h("div", { class: "promofix pf-rate", role: "group", "aria-label": t("panel"), lang: model.get("words").language, "data-lm-suppress-shortcuts": "true" }, silent, none, body);
  el.append(root);

  function draw() {
    const view = model.get("view");
    body.hidden = !view.figures;
    none.hidden = Boolean(view.figures);
    if (!view.figures) return;
    channels.hidden = view.channels.length < 2;
    channel.replaceChildren(...view.channels.map((name) => h("option", { value: name }, name)));
    channel.value = view.channel;
    keyed(figures, view.figures.map((pair, n) => [...pair, n]), (item) => item[2], () => h("div", {}, h("dt", {}), h("dd", {})), (node, [label, value]) => {
      say(node.firstChild, label);
      say(node.lastChild, value);
    });
    warnings.replaceChildren(...view.warnings.map((text) => h("p", { class: "pf-notice" }, text)));
    notes.replaceChildren(...view.notes.map((text) => h("li", {}, text)));
    rate.draw();
    frontier.draw();
  }
  model.on("change:view", draw);
  model.on("change:place", frontier.drawPlace);
  draw();
  return () => {
    line.close();
    model.off("change:view", draw);
    model.off("change:place", frontier.drawPlace);
  };
}
