// What every page gains from scripts: the search key, suggestions, copying, narrowing of long lists.

for (const button of document.querySelectorAll(".copy-button")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.getAttribute("aria-label");
    button.setAttribute("aria-label", button.dataset.done);
    button.title = button.dataset.done;
    button.classList.add("done");
    setTimeout(() => {
      button.setAttribute("aria-label", label);
      button.title = label;
      button.classList.remove("done");
    }, 1600);
  });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const box = document.querySelector("#q, #top-q");
    if (box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  }
});

// Where the picture of neighbours is wider than the window, its middle comes first.
for (const picture of document.querySelectorAll(".picture")) {
  picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2;
}

/** Let the field show only those options of its list whose text holds what is typed. */
export function narrow(field) {
  const list = field.closest("details, main").querySelectorAll(".option");
  (field.closest(".facet-find, .find") ?? field).hidden = false;
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const option of list) option.hidden = !option.textContent.toLowerCase().includes(wanted);
  });
  // Enter in this field must not send the search form it stands in.
  field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}

/** Offer completions below a search field (the combobox pattern of WAI-ARIA). */
export function suggest(field) {
  const list = document.createElement("ul");
  list.className = "suggests";
  list.id = `${field.id}-suggests`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.placeholder);
  list.hidden = true;
  field.parentElement.append(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", list.id);
  let chosen = -1;
  let waiting = 0;
  let request = null;

  const close = () => {
    list.hidden = true;
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (place) => {
    const options = [...list.children];
    chosen = (place + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === chosen)));
    field.setAttribute("aria-activedescendant", options[chosen].id);
    field.value = options[chosen].textContent;
  };
  const show = (texts) => {
    list.replaceChildren(...texts.map((text, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${index}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = text;
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        field.value = text;
        close();
        field.form.requestSubmit();
      });
      return option;
    }));
    chosen = -1;
    list.hidden = texts.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
  };
  const ask = async () => {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(field.value)}`, { signal: request.signal });
      if (answer.ok && document.activeElement === field) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    if (field.value.trim()) waiting = setTimeout(ask, 120);
    else close();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (!list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      choose(chosen < 0 && event.key === "ArrowUp" ? list.children.length - 1 : chosen + (event.key === "ArrowDown" ? 1 : -1));
    }
  });
  field.addEventListener("blur", () => {
    clearTimeout(waiting);
    close();
  });
}

document.querySelectorAll("[data-suggest]").forEach(suggest);
document.querySelectorAll("[data-narrow]").forEach(narrow);
