// The filters, folded away below what they ask: check boxes with counts, number fields, and rules kept under a name.

function filtersPart({ screen, t, ask }) {
  const groups = h("div", { class: "pf-groups" });
  const numbers = h("fieldset", { class: "pf-group" }, h("legend", {}, t("numbers")));
  const fields = {};
  for (const name of ["max_unit_price", "min_quantity", "max_quantity"]) {
    const input = h("input", { type: "text", inputmode: "decimal", size: 8, placeholder: t("any"),
      onchange: () => ask({ do: "number", name, text: input.value }) });
    fields[name] = input;
    numbers.append(h("label", { class: "pf-number" }, h("span", {}, t(name)), input));
  }
  const ceilings = h("input", { type: "checkbox", onchange: () => ask({ do: "ceilings", on: ceilings.checked }) });
  const ceilingsText = h("span", {});
  const ceilingsRow = h("label", { class: "pf-choice pf-limits" }, ceilings, ceilingsText);
  numbers.append(ceilingsRow);
  const name = h("input", { type: "text", size: 18, maxlength: 60, "aria-label": t("preset_name"), placeholder: t("preset_name") });
  const save = h("button", { type: "button", onclick: () => { ask({ do: "save_preset", name: name.value }); name.value = ""; } }, t("preset_save"));
  const choose = h("select", { "aria-label": t("presets") });
  const use = h("button", { type: "button", onclick: () => ask({ do: "use_preset", name: choose.value }) }, t("preset_use"));
  const reset = h("button", { type: "button", onclick: () => ask({ do: "as_found" }) }, t("as_found"));
  const asks = h("span", {});
  const which = h("div", { class: "pf-tools", role: "group", "aria-label": t("incidents") });
  const root = h("section", { class: "pf-filters", "aria-label": t("filters") }, which,
    h("details", {}, h("summary", {}, h("strong", {}, t("filters")), " ", asks), groups,
      h("div", { class: "pf-tools", role: "group", "aria-label": t("presets") }, reset, choose, use, name, save)));

  /** What the rule asks, in one line, so that the folded filters need not be opened to be read. */
  function asked() {
    const { facets, fields: limits } = screen();
    const words = facets.filter((facet) => facet.asked.length).map((facet) => `${facet.title}: ${facet.asked.join(", ")}`);
    const numbers = Object.keys(fields).filter((name) => limits[name]).map((name) => `${t(name)} ${limits[name]}`);
    return [...words, ...numbers, limits.ceilings && limits.ceilings_text].filter(Boolean).join(" · ") || t("no_rule");
  }

  function group(facet) {
    const any = h("input", { type: "checkbox", class: "pf-any", onchange: () => ask({ do: "any", name: facet.name }) });
    const find = h("input", { type: "search", class: "pf-find", "aria-label": t("find_in", { name: facet.title }), placeholder: t("find"),
      oninput: () => ask({ do: "find", name: facet.name, text: find.value, latest: `find ${facet.name}` }) });
    const together = h("input", { type: "checkbox", onchange: () => ask({ do: "together", on: together.checked }) });
    const togetherRow = h("label", { class: "pf-choice" }, together, h("span", {}, t("together")));
    const more = h("button", { type: "button", class: "pf-more", onclick: () => ask({ do: "more", name: facet.name }) });
    const list = h("div", { class: "pf-choices" });
    const node = h("fieldset", { class: "pf-group" }, h("legend", {}, facet.title), find,
      h("label", { class: "pf-choice" }, any, h("span", {}, t("any"))), list, more, togetherRow);
    node.parts = { any, find, together, togetherRow, more, list };
    return node;
  }

  function updateGroup(node, facet) {
    const { any, find, together, togetherRow, more, list } = node.parts;
    any.checked = any.disabled = !facet.asked.length; // ticked and nothing to untick: choose below instead
    find.hidden = !facet.find;
    togetherRow.hidden = facet.together === null;
    together.checked = facet.together === true;
    more.hidden = !facet.hidden;
    say(more, t("more", { n: facet.hidden }));
    keyed(list, facet.choices, (choice) => choice.value, (choice) => choiceRow(facet, choice), updateChoice);
  }

  function choiceRow(facet, choice) {
    const box = h("input", { type: "checkbox", onchange: () => ask({ do: "choose", name: facet.name, value: choice.value, on: box.checked }) });
    return h("label", { class: "pf-choice" }, box, h("span", { title: choice.label, translate: choice.label === choice.value ? "no" : null }, choice.label), h("span", { class: "pf-count" }));
  }

  function updateChoice(node, choice) {
    node.querySelector("input").checked = choice.chosen;
    say(node.querySelector(".pf-count"), `(${t("count", { n: choice.orders })})`);
    node.classList.toggle("pf-none", choice.orders === 0);
  }

  function draw() {
    const { incidents, facets, fields: limits } = screen();
    which.hidden = incidents.length < 2;
    keyed(which, incidents, ({ number }) => number, ({ number }) =>
      h("button", { type: "button", onclick: () => ask({ do: "incident", number }) }, h("i", { class: `pf-mark pf-part-${number % 6}` }), h("span", {})), (node, one) => {
      say(node.lastChild, one.label);
      node.setAttribute("aria-pressed", String(one.here));
    });
    say(asks, asked());
    keyed(groups, facets, (facet) => facet.name, group, updateGroup);
    groups.append(numbers);
    for (const [name, input] of Object.entries(fields)) fill(input, limits[name]);
    ceilingsRow.hidden = !limits.ceilings_text;
    ceilings.checked = limits.ceilings;
    say(ceilingsText, limits.ceilings_text);
    keyed(choose, limits.presets, (preset) => preset, (preset) => h("option", { value: preset }, preset), () => {});
    choose.hidden = use.hidden = !limits.presets.length;
    reset.disabled = !limits.adjusted;
  }
  return { root, draw };
}
