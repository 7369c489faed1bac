// The panel of notebook 3: totals, chart, filters and table around one state that Python keeps.

function totalsPart({ screen, t }) {
  const figures = h("dl", { class: "pf-figures" });
  const words = h("dl", { class: "pf-words" });
  const note = h("p", { class: "pf-note" });
  const root = h("div", { class: "pf-totals", role: "status", "aria-label": t("totals") }, figures, words, note);

  function draw() {
    const { totals } = screen();
    for (const [list, pairs] of [[figures, totals.figures], [words, totals.words]]) {
      keyed(list, pairs, ([label]) => label, ([label]) => h("div", {}, h("dt", {}, label), h("dd", {})),
        (node, [, value]) => say(node.lastChild, value));
    }
    say(note, totals.note);
  }
  return { root, draw };
}

function render({ model, el }) {
  const screen = () => model.get("shown");
  const t = wordsOf(screen);
  const notice = h("p", { role: "alert", hidden: true });
  const reload = h("button", { type: "button", hidden: true, onclick: () => line.ask({ do: "reload" }) }, t("reload"));
  const line = lineTo(model, () => tell({ text: t("run_again"), kind: "silent" }),
    () => (screen().notice.kind === "error" ? draw() : tell(screen().notice))); // drawn again: a box that was not saved
  const context = { model, screen, t, ask: line.ask, id: `pf-${Math.random().toString(36).slice(2)}` };
  const parts = [totalsPart, chartPart, filtersPart, tablePart].map((part) => part(context));
  const root = h("div", { class: "promofix", role: "group", "aria-label": t("panel"), lang: screen().words.language, "data-lm-suppress-shortcuts": "true" },
    notice, reload, ...parts.map((part) => part.root));
  el.append(root);
  handOnSaving(root);

  function tell({ text, kind }) {
    notice.hidden = !text;
    notice.className = `pf-notice pf-${kind}`;
    say(notice, text);
    reload.hidden = kind !== "changed";
  }
  function draw() {
    tell(screen().notice);
    for (const part of parts) {
      part.root.hidden = screen().notice.kind === "empty";
      part.draw();
    }
  }
  model.on("change:shown", draw);
  draw();
  return () => {
    model.off("change:shown", draw);
    for (const part of [line, ...parts]) part.close?.();
  };
}
