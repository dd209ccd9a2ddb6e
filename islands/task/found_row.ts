// Marks the row that holds what was found, the only one that is marked, and brings it into view. Browser only.

export function showFound(row: HTMLElement): void {
  for (const marked of document.querySelectorAll("[data-found]")) marked.removeAttribute("data-found");
  row.setAttribute("data-found", "");
  // What is folded opens as far as it can be opened at once.
  for (const details of row.querySelectorAll("details")) details.open = true;
  row.scrollIntoView({ block: row.offsetHeight > innerHeight / 2 ? "start" : "center" });
}
