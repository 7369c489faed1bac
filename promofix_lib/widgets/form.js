// A form whose parts Python lists: texts, check boxes, radio buttons, fields, choices, buttons, an upload and tables.

function render({ model, el }) {
  const t = wordsOf(model);
  const name = `pf-${Math.random().toString(36).slice(2)}`;
  const silent = h("p", { class: "pf-silent", role: "alert", hidden: true });
  const notice = h("p", { class: "pf-notice", role: "alert", hidden: true });
  const busy = h("div", { class: "pf-busy", role: "status" });
  const body = h("div", { class: "pf-form" });
  const root = h("div", { class: "promofix", role: "group", "aria-label": model.get("title"), lang: model.get("words").language,
    "data-lm-suppress-shortcuts": "true" }, silent, body, busy, notice);
  el.append(root);
  const line = lineTo(model,
    () => { silent.hidden = false; say(silent, t("run_again")); },
    () => {
      silent.hidden = true;
      if (model.get("notice").kind === "error") draw(); // a box that was not saved shows what is
    });
  const tell = (part, value) => line.ask({ do: part, value });

  const makers = {
    text: () => h("p", {}),
    checks: (part) => group(part, "checkbox"),
    radios: (part) => group(part, "radio"),
    field: (part) => {
      const input = h("input", { type: part.type ?? "text", inputmode: part.numeric ? "decimal" : null, size: part.size ?? 24,
        onchange: () => tell(part.name, input.value) });
      return h("label", { class: "pf-field" }, h("span", {}), input, h("span", { class: "pf-hint" }));
    },
    select: (part) => {
      const input = h("select", { onchange: () => tell(part.name, input.value) });
      return h("label", { class: "pf-field" }, h("span", {}), input, h("span", { class: "pf-hint" }));
    },
    button: (part) => h("div", {}, h("button", { type: "button", class: part.main ? "pf-main" : null, onclick: () => tell(part.name, null) })),
    upload: (part) => {
      const input = h("input", { type: "file", multiple: true, accept: part.accept, onchange: () => upload(part, input) });
      return h("label", { class: "pf-field" }, h("span", {}), input, h("span", { class: "pf-hint" }));
    },
    area: (part) => {
      const input = h("textarea", { rows: part.rows, dir: "auto", lang: part.language || null, "data-lm-suppress-shortcuts": "true",
        // JupyterLab takes Enter for itself in every field of a cell; here it begins a new line
        onbeforeinput: (event) => { if (event.inputType === "insertLineBreak") event.stopImmediatePropagation(); },
        onchange: () => tell(part.name, input.value) });
      return h("label", { class: "pf-area" }, h("span", {}), input, h("span", { class: "pf-hint" }));
    },
    fold: (part) => h("details", {}, h("summary", { class: "pf-title" }), h("p", { class: "pf-letter", dir: "auto", lang: part.language || null })),
    list: () => h("div", {}, h("p", { class: "pf-title" }), h("ul", {})),
    table: (part) => h("div", { class: "pf-scroll", tabindex: 0, role: "region", "aria-label": part.caption }, h("table", {}, h("caption", { class: "pf-title" }), h("thead", {}), h("tbody", {}))),
  };

  const updaters = {
    text: (node, part) => { say(node, part.text); node.className = part.look ? `pf-${part.look}` : ""; },
    checks: (node, part) => updateGroup(node, part, "checkbox", (choice) => choice.on),
    radios: (node, part) => updateGroup(node, part, "radio", (choice) => choice.value === part.value),
    field: (node, part) => {
      say(node.firstChild, part.label);
      say(node.lastChild, part.hint ?? "");
      fill(node.querySelector("input"), part.value);
    },
    area: (node, part) => {
      say(node.firstChild, part.label);
      say(node.lastChild, part.hint ?? "");
      fill(node.querySelector("textarea"), part.value);
    },
    fold: (node, part) => { say(node.firstChild, part.title); say(node.lastChild, part.text); },
    select: (node, part) => {
      say(node.firstChild, part.label);
      say(node.lastChild, part.hint ?? "");
      const input = node.querySelector("select");
      keyed(input, part.choices, (choice) => choice.value, (choice) => h("option", { value: choice.value }), (node, choice) => say(node, choice.label));
      input.value = part.value;
    },
    button: (node, part) => {
      say(node.firstChild, part.label);
      node.firstChild.disabled = part.disabled === true || model.get("busy") !== "";
    },
    upload: (node, part) => { say(node.firstChild, part.label); say(node.lastChild, part.hint ?? ""); },
    list: (node, part) => {
      say(node.firstChild, part.title);
      keyed(node.lastChild, part.items, (item) => item, (item) => h("li", {}, item), () => {});
    },
    table: (node, part) => {
      const [caption, head, rows] = node.firstChild.children;
      say(caption, part.caption);
      node.setAttribute("aria-label", part.caption);
      head.replaceChildren(h("tr", {}, ...part.head.map((text) => h("th", { scope: "col" }, text))));
      rows.replaceChildren(...part.rows.map((cells) => h("tr", {}, ...cells.map((text, place) =>
        place ? h("td", {}, text) : h("th", { scope: "row" }, text)))));
    },
  };

  function group(part) {
    return h("fieldset", { class: "pf-group pf-wide" }, h("legend", {}, part.title), h("div", {}));
  }

  function updateGroup(node, part, type, isOn) {
    say(node.firstChild, part.title);
    keyed(node.lastChild, part.choices, (choice) => choice.value, (choice) => {
      const box = h("input", { type, name: `${name}-${part.name}`, value: choice.value,
        onchange: () => tell(part.name, type === "radio" ? choice.value : { value: choice.value, on: box.checked }) });
      return h("label", { class: "pf-choice" }, box, h("span", {}));
    }, (row, choice) => {
      row.firstChild.checked = isOn(choice);
      say(row.lastChild, choice.label);
    });
  }

  async function upload(part, input) {
    const files = Array.from(input.files);
    const fitting = files.filter((file) => file.size <= part.most);
    const contents = await Promise.all(fitting.map((file) => file.arrayBuffer()));
    const names = fitting.map((file) => file.name);
    input.value = "";
    line.ask({ do: part.name, value: { names, refused: files.filter((file) => file.size > part.most).map((file) => file.name) }, contents });
  }

  function draw() {
    keyed(body, model.get("parts"), (part) => part.name, (part) => makers[part.kind](part), (node, part) => updaters[part.kind](node, part));
  }

  function drawNotice() {
    const { text, kind } = model.get("notice");
    notice.hidden = !text;
    notice.className = `pf-notice pf-${kind}`;
    say(notice, text);
  }

  function drawBusy() {
    const text = model.get("busy");
    busy.replaceChildren(...(text ? [h("progress", { "aria-label": text }), h("span", {}, text)] : []));
    draw();
  }

  const drawings = { parts: draw, notice: drawNotice, busy: drawBusy };
  for (const [trait, drawing] of Object.entries(drawings)) {
    model.on(`change:${trait}`, drawing);
    drawing();
  }
  return () => {
    line.close();
    for (const [trait, drawing] of Object.entries(drawings)) model.off(`change:${trait}`, drawing);
  };
}
