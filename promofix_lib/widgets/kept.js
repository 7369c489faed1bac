// What is saved of a page: nothing of its widgets, whichever server, setting or program saves it; they are opened by
// running the page. And words that name a buyer: a message brings them when they are shown, no state holds them.

function initialize({ model }) {
  const nothing = { version_major: 2, version_minor: 0, state: {} };
  Object.assign(model.widget_manager, { get_state_sync: () => nothing, get_state: async () => nothing });
}

function showAside({ model, el }) {
  const show = ({ words, language }) => {
    el.textContent = words;
    el.lang = language;
  };
  model.on("msg:custom", show);
  model.send({});
  return () => model.off("msg:custom", show);
}
