// The console's few lines of script: the tick that refreshes live parts, the keyboard, dialogs.
// Everything works without it, a little less comfortably. It must hold no page's logic.
"use strict";

(function () {
  const TICK = 10000;
  let wentFor = 0; // when "g" was pressed

  setInterval(function () {
    const busy = document.querySelector("details.act[open], dialog[open]");
    if (document.visibilityState === "visible" && !busy) {
      document.body.dispatchEvent(new Event("tick"));
    }
  }, TICK);

  function writes(element) {
    return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  }

  function step(by) {
    const rows = Array.from(document.querySelectorAll("main tbody tr")).filter(function (row) {
      return row.querySelector("a[href]");
    });
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
    const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
    row.querySelector("a[href]").focus();
  }

  function open(id) {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
    const link = document.querySelector('[data-keys="' + CSS.escape(event.key) + '"]');
    if (Date.now() - wentFor < 1500 && link) {
      wentFor = 0;
      window.location.assign(link.href);
    } else if (event.key === "g") {
      wentFor = Date.now();
    } else if (event.key === "?") {
      open("shortcuts");
    } else if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
    }
  }

  function click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.opens) open(button.dataset.opens);
    if (button.dataset.toggles) {
      const opened = document.getElementById(button.dataset.toggles).toggleAttribute("data-open");
      button.setAttribute("aria-expanded", String(opened));
    }
  }

  function closes(event) {
    if (event.key !== "Escape") return;
    const opened = event.target.closest("details.act[open]");
    if (!opened) return;
    opened.open = false;
    opened.querySelector("summary").focus();
  }

  // A picture that is wider than the page begins where the order is.
  function placed() {
    document.querySelectorAll("[data-place]").forEach(function (one) {
      one.scrollLeft = one.dataset.place * one.scrollWidth - one.clientWidth / 2;
    });
  }

  document.addEventListener("DOMContentLoaded", placed);
  document.addEventListener("keydown", press);
  document.addEventListener("keydown", closes);
  document.addEventListener("click", click);
})();
