// The quiz on the page: its keys wherever the focus is, and a sentence when the kernel is gone.
// NAME, the class of its root, and KEYS, the letters it takes, are set before this file's text.
{
  const patience = 5000; // ms until a press counts as unanswered
  const words =
    "The kernel has not answered for 5 seconds. If another cell is running, wait until it has " +
    "finished. If the kernel was restarted or has died, run the cell of the quiz again (click " +
    "into it, then Shift and Enter) and choose “Go on”; if that does not help, reload the page " +
    "first. Every decision so far is on the disk.";
  const style = `
    .dermlab-js:focus-within { outline: 2px solid #0072B2; outline-offset: 4px; }
    .dermlab-js .dermlab-keys { position: absolute; opacity: 0; width: 1px; height: 1px; overflow: hidden; }
    .dermlab-js .widget-html-content > img { display: block; }
    .jp-OutputArea-output:has(> .dermlab-js) { overflow: visible; }
    .dermlab-gone { border: 3px solid #D55E00; padding: 8px 12px; margin: 0 0 8px; font-weight: bold; max-width: 900px; }`;
  window.dermlabQuizzes ??= {};
  window.dermlabQuizzes[NAME]?.abort();
  const end = (window.dermlabQuizzes[NAME] = new AbortController());
  const options = { capture: true, signal: end.signal };

  const shown = () =>
    [...document.querySelectorAll("." + NAME)].find((one) => one.getClientRects().length);
  const boxOf = (root) => root?.querySelector(".dermlab-keys input");
  const isOnScreen = (root) => {
    const place = root.getBoundingClientRect();
    return place.bottom > 0 && place.top < window.innerHeight;
  };
  const isEditor = (node) =>
    node.matches?.("input, textarea, select, [contenteditable=true]") ||
    node.closest?.(".cm-editor, .jp-Dialog, .lm-Menu");

  // --- the kernel -------------------------------------------------------------------------------
  let timer = null;
  const answered = () => {
    clearTimeout(timer);
    timer = null;
    document.querySelector(`.dermlab-gone[data-quiz="${NAME}"]`)?.remove();
  };
  const asked = () => {
    timer ??= setTimeout(() => {
      const root = shown();
      if (!root || root.parentElement.querySelector(".dermlab-gone")) return;
      const box = document.createElement("p");
      box.className = "dermlab-gone";
      box.dataset.quiz = NAME;
      box.setAttribute("role", "alert");
      box.textContent = words;
      root.before(box);
    }, patience);
  };

  // --- keys -------------------------------------------------------------------------------------
  const take = (root, key) => {
    const box = boxOf(root);
    box.value += key;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus({ preventScroll: true });
    asked();
  };
  const onKey = (event) => {
    const root = shown();
    if (!root || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.shiftKey && event.key === "Enter") return;
    const inside = root.contains(event.target);
    if (!inside && isEditor(event.target)) return;
    const ours = KEYS.includes(event.key.toLowerCase());
    const hush = () => event.stopImmediatePropagation(); // JupyterLab's shortcuts hear nothing
    if (!boxOf(root)) { // before and after the pictures the keys do nothing
      if (ours && root.closest(".jp-Cell")?.contains(event.target)) hush();
      return;
    }
    if (inside || (ours && isOnScreen(root))) hush();
    if (!ours || !(inside || isOnScreen(root))) return;
    event.preventDefault();
    if (!event.repeat) take(root, event.key);
  };
  window.addEventListener("keydown", onKey, options);

  // --- once the widgets are there ---------------------------------------------------------------
  const watch = (root) => {
    let reading = false;
    new MutationObserver(() => {
      answered();
      if (!reading && boxOf(root)) root.scrollIntoView({ block: "nearest" });
      if (boxOf(root) && !root.contains(document.activeElement)) boxOf(root).focus({ preventScroll: true });
      reading = Boolean(boxOf(root));
    }).observe(root, { subtree: true, childList: true });
    root.addEventListener("click", (event) => {
      if (event.target.closest("button")) asked();
      else if (!event.target.closest("a, summary, input")) boxOf(root)?.focus({ preventScroll: true });
    });
  };
  const seen = new WeakSet();
  const search = setInterval(() => {
    if (end.signal.aborted) return clearInterval(search);
    const root = shown();
    if (!root || seen.has(root)) return;
    seen.add(root);
    root.classList.add("dermlab-js");
    watch(root);
  }, 200);
  if (!document.getElementById("dermlab-quiz-style")) {
    const sheet = document.createElement("style");
    sheet.id = "dermlab-quiz-style";
    sheet.textContent = style;
    document.head.append(sheet);
  }
}
