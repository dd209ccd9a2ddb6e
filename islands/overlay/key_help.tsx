// Every key, in one table.

const keys: [keys: string[], what: string][] = [
  [["c"], "New task"],
  [["/"], "Search"],
  [["j", "k"], "Next, previous task"],
  [["h", "l"], "Column to the left, right"],
  [["Enter"], "Open the selected task"],
  [["."], "What can be done with it"],
  [["a", "r", "e", "m"], "Approve or accept, retry, edit, message"],
  [["x"], "Select it for a command to several"],
  [["Shift J", "Shift K"], "Down, up in the queue"],
  [["t", "+"], "To the top of the queue, its priority"],
  [["Esc"], "Close what is open"],
  [["Ctrl K"], "Commands and tasks"],
  [["1", "2", "3", "4", "5"], "Transcript, Changes, Files, Events, Log"],
  [["f"], "Find in the open task"],
  [["n", "N"], "Next, previous hit"],
  [["n", "p"], "Next, previous file of the changes"],
  [["Ctrl Enter"], "Create the task, add the comment"],
  [["Space"], "Play or pause the replay"],
  [["Left", "Right"], "One event back, forward"],
  [["Shift Left", "Shift Right"], "One step of its life back, forward"],
  [["Home", "End"], "Start of the replay, its end"],
  [["?"], "This help"],
];

export function KeyHelp() {
  return (
    <dl class="key-help">
      {keys.map(([names, what]) => (
        <div key={what}>
          <dt>{names.map((name) => <kbd key={name}>{name}</kbd>)}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
