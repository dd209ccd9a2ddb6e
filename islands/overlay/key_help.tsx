// Every key, in one table.

const keys: [keys: string[], what: string][] = [
  [["c"], "New task"],
  [["/"], "Search"],
  [["j", "k"], "Next, previous task"],
  [["h", "l"], "Column to the left, right"],
  [["Enter"], "Open the selected task"],
  [["Esc"], "Close what is open"],
  [["Ctrl K"], "Commands and tasks"],
  [["1", "2", "3", "4"], "Transcript, Changes, Events, Log"],
  [["n", "p"], "Next, previous file of the changes"],
  [["Ctrl Enter"], "Create the task, add the comment"],
  [["Space"], "Play or pause the replay"],
  [["Left", "Right"], "One event back, forward"],
  [["Shift Left", "Shift Right"], "One step of its life back, forward"],
  [["Home", "End"], "Start of the replay, live"],
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
