# What the launcher becomes while the service runs (see supervise.ts): `perl supervise.pl LAUNCHERS RENEW_CODE LAUNCHER DENO
# ARGS...` runs DENO with ARGS in a process of its own, passes signals on, and ends as that ends, by the code that a shell
# reports.
#
# The line that stands in its input is handed over: the service has it as the first line of its own input, which then stays
# open as long as this program lives. Its end is how the service knows of ours.
#
# LAUNCHERS are the pids of the programs above, with commas, our parent first; when one of them is gone without having told
# us, the service is told to stop (launcher_chain.ts says why). What ends with RENEW_CODE is launched anew by LAUNCHER, which
# gets the same line.
#
# No modules: this stays in memory for as long as the service does, and every start waits for it.

my ($launchers, $renew_code, $launcher, @service) = @ARGV;
my ($parent, @above) = split /,/, $launchers;
my $look_seconds = 1;

# Deno ignores it, and what becomes of a process, or is started by it, would do so too.
$SIG{PIPE} = 'DEFAULT';
my $line = <STDIN>;
my $pipe = with_line();
my $child = fork;
defined $child or give_up("Cannot start: fork: $!");
run_instead(@service) if $child == 0;

# From here on, and in this process alone: before, a signal ends us, and with us the service.
for my $name (qw(INT TERM HUP)) { $SIG{$name} = sub { kill $name, $child } }
$SIG{ALRM} = \&look_above;
# Also where nobody is looked for: a signal that comes just before we wait is passed on by the next one.
alarm $look_seconds;
waitpid $child, 0;
my $status = $?;
alarm 0;
if ($status == $renew_code << 8) {
  $pipe = with_line();
  run_instead($service[0], 'run', '-A', $launcher);
}
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);

# A new pipe as our input, the line in it; its other end, which no program that we start gets.
sub with_line {
  pipe(my $reading, my $writing) or give_up("Cannot start: pipe: $!");
  open(STDIN, '<&', $reading) or give_up("Cannot start: dup: $!");
  syswrite $writing, $line;
  return $writing;
}

sub run_instead {
  exec { $_[0] } @_;
  give_up("Cannot run $_[0]: $!");
}

sub give_up { print STDERR "$_[0]\n"; exit 127 }

sub look_above {
  my $is_whole = !defined $parent || getppid == $parent && kill(0, @above) == @above;
  $is_whole ? alarm $look_seconds : kill 'TERM', $child;
}
