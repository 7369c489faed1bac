// What is saved of a page: nothing of its widgets, whichever server, setting or program saves it; they are opened by
// running the page. And words that name a buyer: a message brings them when they are shown, no state holds them.

function initialize({ model }) {
  const nothing = { version_major: 2, version_minor: 0, state: {} };
  Object.assign(model.widget_manager, { get_state_sync: () => nothing, get_state: async () => nothing });
}

function showAside({ model, el }) {
  const show = ({ words, language }) => Object.assign(el, { textContent: words, lang: language });
  const links = (event) => openHere(model.widget_manager, event.target.closest?.("a[href$='.ipynb']"), el.closest(".pf-desk"));
  document.addEventListener("click", links, true);
  model.on("msg:custom", show);
  model.send({});
  return () => {
    document.removeEventListener("click", links, true);
    model.off("msg:custom", show);
  };
}

/** JupyterLab opens the page that a link of this desk leads to, as it does for its own; elsewhere the browser does. */
function openHere({ context, rendermime }, link, desk) {
  if (desk?.contains(link)) rendermime?.linkHandler?.handleLink(link, context.path.replace(/[^/]*$/, link.getAttribute("href")));
}
