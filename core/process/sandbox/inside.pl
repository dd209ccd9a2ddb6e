# The first program of a sandbox: starts those of the run, as enter.pl asks for them. `perl inside.pl IO RELAY...`
#
# IO is a folder with the pipe `control`, out of which the names of requests come, a line each. A request is a folder in IO:
# its `request` says what is to be run (NUL-separated: the folder, how many arguments, these, then names and values of its
# environment), and `in`, `out`, `err` and `status` are named pipes to the one who asked. All of it was made outside; nothing in
# here can be written to but the pipes.
#
# A RELAY is a port of this machine's own loopback that programs in here reach at the same address, by way of the proxy.
#
# It ends, and the sandbox with it, when its own input ends: when the service has ended, however that came about.

my ($io, @relays) = @ARGV;

# Nobody asks how these ended: each one says it to whom it matters.
$SIG{CHLD} = 'IGNORE';
relay($_) for @relays;
open my $control, '+<', "$io/control" or die "Cannot open $io/control: $!\n";
$| = 1;
print "ready\n";

my $asked = '';
while (1) {
  vec(my $wanted = '', fileno STDIN, 1) = 1;
  vec($wanted, fileno $control, 1) = 1;
  select(my $ready = $wanted, undef, undef, undef) > 0 or next;
  if (vec $ready, fileno STDIN, 1) { sysread(STDIN, my $nothing, 512) or exit 0 }
  next if !vec $ready, fileno $control, 1;
  sysread $control, $asked, 4096, length $asked;
  while ($asked =~ s/^([0-9a-f-]+)\n//) {
    my $request = "$io/$1";
    my $pid = fork;
    next if !defined $pid || $pid;
    watch($request);
    exit 0;
  }
}

# Runs a program and tells how it ended.
sub watch {
  my ($request) = @_;
  $SIG{CHLD} = 'DEFAULT';
  # Not just closed: what is opened next would be in its place, and the program's.
  open STDIN, '<', '/dev/null';
  close $control;
  # Open from the beginning: when all in here is ended hard, who waits outside sees its end. Not the program's, which it outlives.
  open my $status, '>', "$request/status" or return;
  my $pid = fork;
  return if !defined $pid;
  if (!$pid) { become($request) }
  close STDOUT;
  close STDERR;
  waitpid $pid, 0;
  syswrite $status, "$?\n";
}

sub become {
  my ($request) = @_;
  open my $file, '<', "$request/request" or die "Cannot read $request/request: $!\n";
  local $/;
  my ($cwd, $count, @words) = split /\0/, <$file>, -1;
  close $file;
  my @command = splice @words, 0, $count;
  pop @words;
  while (my ($name, $value) = splice @words, 0, 2) { $ENV{$name} = $value }
  open STDIN, '<', "$request/in" or die "Cannot open $request/in: $!\n";
  open STDOUT, '>', "$request/out" or die "Cannot open $request/out: $!\n";
  open STDERR, '>', "$request/err" or die "Cannot open $request/err: $!\n";
  if (!chdir $cwd) { print STDERR "Cannot enter $cwd: $!\n"; exit 126 }
  exec { $command[0] } @command;
  print STDERR "Cannot run $command[0]: $!\n";
  exit 127;
}

# Names and passwords of a proxy are percent-encoded in its URL, and plain for socat.
sub relay {
  my ($port) = @_;
  my ($user, $password, $proxy) = ($ENV{HTTP_PROXY} || '') =~ m{^http://(?:([^:]*):([^@]*)@)?localhost:(\d+)} or return;
  s/%([0-9A-F]{2})/chr hex $1/ge for grep { defined } $user, $password;
  my $auth = defined $user ? ",proxyauth=$user:$password" : '';
  my $pid = fork;
  return if !defined $pid || $pid;
  open STDIN, '<', '/dev/null';
  open STDOUT, '>', '/dev/null';
  open STDERR, '>', '/dev/null';
  exec 'socat', "TCP4-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr,backlog=128", "PROXY:localhost:127.0.0.1:$port,proxyport=$proxy$auth";
  exit 127;
}
