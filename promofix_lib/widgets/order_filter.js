// The panel of notebook 3: totals, chart, filters and table around one state that Python keeps.

function totalsPart({ model, t }) {
  const figures = h("dl", { class: "pf-figures" });
  const words = h("dl", { class: "pf-words" });
  const note = h("p", { class: "pf-note" });
  const root = h("div", { class: "pf-totals", role: "status", "aria-label": t("totals") }, figures, words, note);

  const pair = () => h("div", {}, h("dt", {}), h("dd", {}));
  const fillPair = (node, [label, value]) => {
    say(node.querySelector("dt"), label);
    say(node.querySelector("dd"), value);
  };
  function draw() {
    const totals = model.get("totals");
    keyed(figures, totals.figures, (item) => item[2], pair, fillPair);
    keyed(words, totals.words, (item) => item[2], pair, fillPair);
    say(note, totals.note);
  }
  return { root, draw };
}

function render({ model, el }) {
  const t = wordsOf(model);
  const silent = h("p", { class: "pf-silent", role: "alert", hidden: true });
  const notice = h("p", { role: "alert", class: "pf-notice", hidden: true });
  const reload = h("button", { type: "button", hidden: true, onclick: () => line.ask({ do: "reload" }) }, t("reload"));
  const line = lineTo(model,
    () => { silent.hidden = false; say(silent, t("run_again")); },
    () => {
      silent.hidden = true;
      if (model.get("notice").kind === "error") for (const draw of [filters.draw, table.draw]) draw(); // a box that was not saved
    });
  const context = { model, t, ask: line.ask, id: `pf-${Math.random().toString(36).slice(2)}` };
  const totals = totalsPart(context);
  const chart = chartPart(context);
  const filters = filtersPart(context);
  const table = tablePart(context);
  const root = h("div", { class: "promofix", role: "group", "aria-label": t("panel"), lang: model.get("words").language, "data-lm-suppress-shortcuts": "true" },
    silent, notice, reload, totals.root, chart.root, filters.root, table.root);
  el.append(root);
  handOnSaving(root);

  function drawNotice() {
    const { text, kind } = model.get("notice");
    notice.hidden = !text;
    notice.className = `pf-notice pf-${kind}`;
    say(notice, text);
    reload.hidden = kind !== "changed";
    for (const part of [totals, chart, filters, table]) part.root.hidden = kind === "empty";
  }
  const drawings = { totals: totals.draw, chart: chart.draw, facets: filters.draw, incidents: filters.draw, fields: filters.draw, hand: table.draw, notice: drawNotice };
  for (const [name, draw] of Object.entries(drawings)) model.on(`change:${name}`, draw);
  for (const draw of new Set(Object.values(drawings))) draw();
  return () => {
    for (const part of [line, chart, table]) part.close();
    for (const [name, draw] of Object.entries(drawings)) model.off(`change:${name}`, draw);
  };
}
