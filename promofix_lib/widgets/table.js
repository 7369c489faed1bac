// The orders: one page of a real table, ticks that mean "affected", and everything about one order.

const PLACES = ["order", "bought", "sku", "units", "paid_each", "word", "status", "fulfilment", "discount"];
const LOOKS = { units: "pf-right", paid_each: "pf-right", discount: "pf-right" };

function tablePart({ model, screen, t, ask, id }) {
  const search = h("input", { type: "search", class: "pf-search", "aria-label": t("search"), placeholder: t("search"),
    oninput: () => ask({ do: "see", search: search.value, page: 1, latest: "search" }) });
  const show = h("select", { "aria-label": t("show"), onchange: () => ask({ do: "see", show: show.value, page: 1 }) },
    ...["affected", "all", "by_hand", "unjudged"].map((which) => h("option", { value: which }, t(`show_${which}`))));
  const takeIn = h("button", { type: "button", onclick: () => ask({ do: "decide_shown", on: true, reason: reason.value }) });
  const leaveOut = h("button", { type: "button", onclick: () => ask({ do: "decide_shown", on: false, reason: reason.value }) });
  const undo = h("button", { type: "button", onclick: () => ask({ do: "undo" }) }, t("undo"));
  const redo = h("button", { type: "button", onclick: () => ask({ do: "redo" }) }, t("redo"));
  const reason = h("input", { type: "text", class: "pf-reason", maxlength: 200, list: `${id}-reasons`, value: t("reason_1") });
  const reasons = h("datalist", { id: `${id}-reasons` }, ...[1, 2, 3, 4].map((n) => h("option", { value: t(`reason_${n}`) })));
  const previous = h("button", { type: "button", "aria-label": t("previous"), onclick: () => ask({ do: "see", page: page.number - 1 }) }, "‹");
  const next = h("button", { type: "button", "aria-label": t("next"), onclick: () => ask({ do: "see", page: page.number + 1 }) }, "›");
  const where = h("span", { role: "status" });
  const heads = Object.fromEntries(PLACES.map((name) => [name, head(name)]));
  const body = h("tbody", {});
  const empty = h("p", { class: "pf-empty" }, t("nothing_shown"));
  const details = h("div", { class: "pf-details", id: `${id}-details`, role: "region", "aria-label": t("details"), tabindex: -1, hidden: true });
  const table = h("table", {}, h("caption", {}, t("table_caption")), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("affected")),
    ...PLACES.map((name) => heads[name]), h("th", { scope: "col" }, t("by_hand")))), body);
  const root = h("section", { class: "pf-orders", "aria-label": t("orders_section") },
    h("div", { class: "pf-tools" }, search, h("label", {}, `${t("show")} `, show), undo, redo),
    h("div", { class: "pf-tools" }, takeIn, leaveOut, h("label", {}, `${t("reason")} `, reason), reasons, where),
    h("div", { class: "pf-scroll", tabindex: 0, role: "region", "aria-label": t("table_caption") }, table, empty),
    h("div", { class: "pf-tools pf-pager" }, previous, next), details);
  let page = null; // a message brings it: rows and what is searched for are in no state that may be saved
  let opened = null;
  let one = { key: null, order: "", items: [] }; // the order whose details are open

  function head(name) {
    const turn = ({ sort, descending }) => ask({ do: "see", sort: name, descending: sort === name && !descending, page: 1 });
    const button = h("button", { type: "button", onclick: () => turn(page.look) }, t(`column_${name}`), h("span", { "aria-hidden": "true" }));
    return h("th", { scope: "col", class: LOOKS[name] }, button);
  }

  function row(item) {
    const box = h("input", { type: "checkbox", onchange: () => ask({ do: "tick", key: item.key, on: box.checked, reason: reason.value }) });
    const mark = h("i", {});
    const open = h("button", { type: "button", class: "pf-link", "aria-controls": `${id}-details`, onclick: () => toggle(item.key, open) });
    const why = h("input", { type: "text", maxlength: 200, onchange: () => ask({ do: "reason", key: item.key, reason: why.value }) });
    const cells = PLACES.slice(1).map((name) => h("td", { class: LOOKS[name] }));
    const hand = h("td", { class: "pf-hand" }, h("span", {}), why);
    const node = h("tr", {}, h("td", {}, box, mark), h("th", { scope: "row" }, open), ...cells, hand);
    node.parts = { box, mark, open, why, cells, hand };
    return node;
  }

  function updateRow(node, item) {
    const { box, mark, open, why, cells, hand } = node.parts;
    const bought = item.bought === null ? "" : clockOf(screen()).full(item.bought);
    const texts = { ...item, bought, paid_each: item.paid_each ?? t("no_price") };
    mark.className = item.incident ? `pf-mark pf-part-${item.incident % 6}` : "pf-mark";
    mark.hidden = screen().incidents.length < 2;
    box.checked = item.chosen;
    box.setAttribute("aria-label", t("affected_order", { order: item.order ?? "?", sku: item.sku ?? "" }));
    say(open, item.order ?? t("no_order_id"));
    open.setAttribute("aria-expanded", String(one.key === item.key));
    PLACES.slice(1).forEach((name, place) => say(cells[place], String(texts[name] ?? "")));
    const byHand = item.by_hand !== null;
    say(hand.firstChild, byHand ? t(`hand_${item.by_hand}`) : "");
    why.hidden = !byHand;
    why.setAttribute("aria-label", t("reason_of", { order: item.order ?? "?" }));
    fill(why, item.reason ?? "");
    node.className = `${item.chosen ? "pf-in" : "pf-out"}${byHand ? " pf-by-hand" : ""}`;
  }

  function toggle(key, button) {
    opened = button;
    ask({ do: "see", details: one.key === key ? null : key });
  }

  function drawDetails(told) {
    const isNew = told.key !== one.key;
    one = told;
    details.hidden = one.key === null;
    for (const node of body.children) node.parts.open.setAttribute("aria-expanded", String(node.dataset.key === one.key));
    const close = h("button", { type: "button", onclick: () => { ask({ do: "see", details: null }); opened?.focus(); } }, t("close"));
    details.replaceChildren(h("strong", {}, t("details_of", one)), close, ...one.items.map(([title, cells]) =>
      h("table", { class: "pf-item" }, h("caption", {}, title), h("tbody", { translate: "no" }, ...cells.map(([name, cell]) =>
        h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, cell)))))));
    if (isNew) details.focus();
  }

  function told(news) {
    if (news.page) page = news.page;
    draw();
    if (news.details) drawDetails(news.details);
  }

  function draw() {
    if (!page) return;
    const { rows, look, first, last, count, number, pages, takes, leaves } = page;
    const place = Array.from(body.children).findIndex((node) => node.contains(node.getRootNode().activeElement));
    keyed(body, rows, (item) => item.key, row, updateRow);
    if (place >= 0 && !body.contains(body.getRootNode().activeElement)) {
      body.children[Math.min(place, rows.length - 1)]?.parts.box.focus(); // its row is gone: stay where the reader was
    }
    for (const [name, node] of Object.entries(heads)) {
      const here = name === look.sort;
      node.setAttribute("aria-sort", here ? (look.descending ? "descending" : "ascending") : "none");
      say(node.querySelector("span"), here ? (look.descending ? " ▾" : " ▴") : "");
    }
    empty.hidden = count > 0;
    say(where, t("where", { first, last, n: count }));
    say(takeIn, t("take_in_shown", { n: count }));
    say(leaveOut, t("leave_out_shown", { n: count }));
    fill(search, look.search);
    fill(show, look.show);
    const { can_undo, can_redo } = screen().hand;
    const can = [[previous, number > 1], [next, number < pages], [takeIn, takes], [leaveOut, leaves], [undo, can_undo], [redo, can_redo]];
    for (const [button, on] of can) button.disabled = !on;
  }
  model.on("msg:custom", told);
  model.send({ do: "draw" });
  return { root, draw, close: () => model.off("msg:custom", told) };
}
