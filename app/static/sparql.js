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

// Completion: names that begin as the one at the cursor stand below the editor; Tab or a click takes one.
const strip = document.querySelector("#completions");
let names = null;
let wanted = "";

async function learn() {
  names ??= fetch(editor.dataset.names).then((answer) => (answer.ok ? answer.json() : []));
  return names;
}

function close() {
  strip.hidden = true;
}

function take(name) {
  const end = editor.selectionStart;
  editor.focus();
  write(end - wanted.length, end, name);
  declare(name.split(":")[0]);
  close();
}

async function complete() {
  const begun = /(?:^|[\s(/|^!;,.[])([A-Za-z]+:[\w-]*)$/.exec(editor.value.slice(0, editor.selectionStart));
  wanted = begun ? begun[1] : "";
  if (!wanted) return close();
  const [prefix, local] = wanted.toLowerCase().split(":");
  const fits = (await learn()).filter(([name, label]) => {
    const [space, rest] = name.toLowerCase().split(":");
    return space === prefix && name !== wanted && (rest.startsWith(local) || (local && label.toLowerCase().includes(local)));
  });
  // What begins just as it is written comes first.
  fits.sort(([one], [other]) => Number(other.startsWith(wanted)) - Number(one.startsWith(wanted)));
  strip.replaceChildren(...fits.slice(0, 8).map(([name, label]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.name = name;
    button.textContent = label ? `${name} · ${label}` : name;
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => take(name));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  strip.hidden = fits.length === 0;
}

editor.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Tab" && !event.shiftKey && editor.dataset.escaped === undefined) {
    event.preventDefault();
    const first = strip.hidden ? null : strip.querySelector("button");
    if (first) take(first.dataset.name);
    else write(editor.selectionStart, editor.selectionEnd, "  ");
  } else if (event.key === "Escape") {
    // After Escape, Tab leaves the editor again: nobody is trapped in it.
    editor.dataset.escaped = "";
    close();
  }
});
editor.addEventListener("blur", () => {
  delete editor.dataset.escaped;
  close();
});
editor.addEventListener("input", () => {
  const used = /(?:^|[\s(/|^!])([A-Za-z]+):[A-Za-z]$/.exec(editor.value.slice(0, editor.selectionStart));
  if (used) declare(used[1]);
  complete();
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
