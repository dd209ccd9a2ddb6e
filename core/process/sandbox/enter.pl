# Stands outside for a program inside of a sandbox: `perl enter.pl REQUEST CONTROL MKNODAT` asks for what the folder REQUEST describes
# (inside.pl), hands its input and outputs on, and ends as it ends, by the same code or signal.
#
# MKNODAT is the number of mknodat(2): mkfifo(1) would be a program more for each, and POSIX.pm takes longer than all of this.
#
# Whoever sends a TERM means the program; this has to see it end.

my ($request, $control, $mknodat) = @ARGV;
my @stops = qw(TERM INT HUP QUIT);
$SIG{$_} = 'IGNORE' for @stops;
# The reader of our output may be gone before the program is.
$SIG{PIPE} = 'IGNORE';

for (qw(in out err status)) {
  # AT_FDCWD, S_IFIFO | 0600.
  syscall($mknodat + 0, -100, "$request/$_", 010600, 0) == 0 or give_up("$request/$_: $!");
}
my @relays = (
  pass(sub { open my $to, '>', "$request/in" or return; (\*STDIN, $to) }),
  pass(sub { open my $from, '<', "$request/out" or return; ($from, \*STDOUT) }),
  pass(sub { open my $from, '<', "$request/err" or return; ($from, \*STDERR) }),
);
close STDIN;
close STDOUT;
# Opened only while somebody reads it; a short line is written whole.
open my $ask, '>', $control or give_up("$control: $!");
syswrite $ask, ($request =~ s{.*/}{}r) . "\n";
close $ask;
# Waits until the program has begun, and then until it has ended.
my $status = open_status();
my $how = <$status>;
unlink map { "$request/$_" } qw(in out err status request);
rmdir $request;
kill 'KILL', $relays[0];
# What is still in the pipes comes out; who holds one open inside is none of ours.
give_up('the sandbox is gone') if !defined $how;
if (my $signal = $how & 127) {
  $SIG{$_} = 'DEFAULT' for @stops;
  kill $signal, $$;
  exit 128 + $signal;
}
exit(($how + 0) >> 8);

# Where the sandbox is gone nobody opens it any more: whoever started us ends us then, or has ended.
sub open_status {
  my ($parent, $EINTR) = (getppid, 4);
  local $SIG{ALRM} = sub { };
  # Somebody inside may have taken the request away.
  for (1 .. 30) {
    alarm 2;
    if (open my $status, '<', "$request/status") { alarm 0; return $status }
    give_up("$request/status: $!") if $! != $EINTR;
    give_up('the service has ended') if getppid != $parent;
  }
  give_up('nobody in it answers');
}

sub give_up { print STDERR "Cannot enter the sandbox: $_[0]\n"; exit 125 }

# Copies from one to the other in a process of its own, until there is no more to read or nobody who reads.
sub pass {
  my ($open) = @_;
  my $pid = fork;
  defined $pid or give_up("fork: $!");
  return $pid if $pid;
  # A program that ends before it has opened its pipes leaves nobody at the other end.
  alarm 90;
  my ($from, $to) = $open->() or exit 0;
  alarm 0;
  for (\*STDIN, \*STDOUT, \*STDERR) { close $_ if $_ != $from && $_ != $to }
  while (sysread $from, my $bytes, 65536) {
    for (my $at = 0; $at < length $bytes;) {
      my $written = syswrite $to, $bytes, length($bytes) - $at, $at;
      exit 0 if !defined $written;
      $at += $written;
    }
  }
  exit 0;
}
