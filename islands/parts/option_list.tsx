// The list under a field from which one is chosen by arrows or pointer; source: ARIA Authoring Practices, "Combobox".

import type { ComponentChildren } from "preact";

interface OptionListProps<T> {
  /** Its options' ids begin with it. */
  id: string;
  label: string;
  options: T[];
  /** Index of the option that Enter chooses. */
  active: number;
  hidden?: boolean;
  keyOf(option: T): string | number;
  draw(option: T): ComponentChildren;
  onChoose(option: T): void;
}

export function OptionList<T>({ id, label, options, active, hidden, keyOf, draw, onChoose }: OptionListProps<T>) {
  return (
    <ul id={`${id}-options`} role="listbox" aria-label={label} class="options" hidden={hidden}>
      {options.map((option, index) => (
        <li
          key={keyOf(option)}
          id={`${id}-${keyOf(option)}`}
          role="option"
          aria-selected={index === active}
          onPointerDown={(event) => {
            event.preventDefault();
            onChoose(option);
          }}
        >
          {draw(option)}
        </li>
      ))}
    </ul>
  );
}

/** The option that an arrow leads to, round both ends; null for any other key, and where there is no option. */
export function optionAfter(key: string, { active, count }: { active: number; count: number }): number | null {
  if (count === 0) return null;
  if (key === "ArrowDown") return (active + 1) % count;
  return key === "ArrowUp" ? (active + count - 1) % count : null;
}
