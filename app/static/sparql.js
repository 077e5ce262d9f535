// The editor: Ctrl+Enter runs, Tab indents, prefixes are added where they are used, names are completed.
const editor = document.querySelector("#query");
const form = document.querySelector("#query-form");
const prefixes = new Map(
  [...document.querySelectorAll("[data-prefix]")].map((code) => [code.textContent.slice(0, -1), code.dataset.prefix]),
);

/** Replace a part of the text so that undo knows of it. */
function write(start, end, text) {
  editor.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) editor.setRangeText(text, start, end, "end");
}

function declare(prefix) {
  const declared = new RegExp(`^\\s*PREFIX\\s+${prefix}:`, "im");
  if (!prefixes.has(prefix) || declared.test(editor.value)) return;
  const place = editor.selectionStart;
  const line = `${prefixes.get(prefix)}\n`;
  editor.setRangeText(line, 0, 0, "preserve");
  editor.setSelectionRange(place + line.length, place + line.length);
}

editor.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Tab" && !event.shiftKey && editor.dataset.escaped === undefined) {
    event.preventDefault();
    write(editor.selectionStart, editor.selectionEnd, "  ");
  } else if (event.key === "Escape") {
    // After Escape, Tab leaves the editor again: nobody is trapped in it.
    editor.dataset.escaped = "";
  }
});
editor.addEventListener("blur", () => delete editor.dataset.escaped);
editor.addEventListener("input", () => {
  const before = editor.value.slice(0, editor.selectionStart);
  const used = /(?:^|[\s(/|^!])([A-Za-z]+):[A-Za-z]$/.exec(before);
  if (used) declare(used[1]);
});

for (const code of document.querySelectorAll("[data-prefix]")) {
  code.tabIndex = 0;
  code.setAttribute("role", "button");
  const act = () => {
    declare(code.textContent.slice(0, -1));
    editor.focus();
  };
  code.addEventListener("click", act);
  code.addEventListener("keydown", (event) => event.key === "Enter" && act());
}
