# What starts a run's agent where the kernel has child subreapers (see containment.ts): `perl reaper.pl PRCTL SETSID [PROGRAM
# ARGS...]`, with the numbers of these two system calls on this machine. Without a program it waits to be told on its input.
#
# Three processes: the one that the service waits for -> the reaper -> the agent. The reaper is a child subreaper (prctl(2)):
# a process whose parent has ended becomes its child, whatever session, group or environment it has, so all that the agent
# leaves behind stays below it. It ends when nothing is below it any more. The first process ends as the agent ended, by the
# same code or signal; the reaper, if it is still busy, is ended with the rest of the run (process_tree.ts).
#
# The agent gets the input, output, environment and folder that were given here. Only PERSONAL_REAPER is taken from it: what has
# this variable is signalled last. The three share a session of their own, and each has a group, so that the agent's can be
# signalled as a whole. (A session for each would be three times a new scheduling group, and on a busy machine three waits.)
#
# No modules, not even `strict`: loading them takes longer than all the rest, and every start waits for it.

my ($PR_SET_CHILD_SUBREAPER, $PR_GET_CHILD_SUBREAPER, $WNOHANG) = (36, 37, 1);
my ($prctl, $setsid) = (shift(@ARGV) + 0, shift(@ARGV) + 0);
my @stops = qw(TERM INT HUP QUIT);
my %before = map { $_ => $SIG{$_} || 'DEFAULT' } @stops;

sub give_up { print STDERR "Cannot hold the processes of the run together: $_[0]\n"; exit 120 }
# These pipes are the agent's: held open here they would not end with it. And no folder is in use by us.
sub let_go { close STDIN; close STDOUT; close STDERR; chdir '/' }

# Whoever sends a TERM means the agent; these two have to see it end.
$SIG{$_} = 'IGNORE' for @stops;
syscall($setsid) >= 0 or give_up("setsid: $!");
pipe(my $heard, my $told) or give_up("pipe: $!");
my $reaper = fork;
defined $reaper or give_up("fork: $!");
$reaper == 0 ? reap() : follow();

sub reap {
  close $heard;
  setpgrp;
  my $is_set = pack 'l', 0;
  syscall($prctl, $PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 or give_up("prctl: $!");
  syscall($prctl, $PR_GET_CHILD_SUBREAPER, $is_set, 0, 0, 0) == 0 or give_up("prctl: $!");
  unpack('l', $is_set) == 1 or give_up('the kernel has no subreapers');
  my $agent = fork;
  defined $agent or give_up("fork: $!");
  $agent == 0 and become_agent();
  let_go();
  while ((my $ended = waitpid(-1, 0)) > 0) {
    next if $ended != $agent;
    my $status = $?;
    # Zombies first: mostly the agent is the last of its run, and then nobody should find us either.
    1 while ($ended = waitpid(-1, $WNOHANG)) > 0;
    syswrite $told, pack 'll', $status, $ended == 0 ? 1 : 0;
    close $told;
  }
  exit 0;
}

sub become_agent {
  setpgrp;
  be_told() if !@ARGV;
  $SIG{$_} = $before{$_} for @stops;
  delete $ENV{PERSONAL_REAPER};
  exec { $ARGV[0] } @ARGV;
  print STDERR "Cannot run $ARGV[0]: $!\n";
  exit 127;
}

# Each with a zero byte after it: the folder, the number of words, the words of the command, names and values of variables;
# before them their length in ten digits. What follows is the agent's own input.
sub be_told {
  my ($folder, $count, @words) = split /\0/, take(take(10)), -1;
  @ARGV = splice @words, 0, $count;
  pop @words;
  my %added = @words;
  @ENV{keys %added} = values %added;
  chdir $folder or give_up("chdir $folder: $!");
}

# So many bytes and no more. An input that ends before: nobody wants anything.
sub take {
  my ($length) = @_;
  my $taken = '';
  while (length $taken < $length) { sysread(STDIN, $taken, $length - length $taken, length $taken) or exit 0 }
  return $taken;
}

sub follow {
  close $told;
  let_go();
  my $size = sysread $heard, my $said, 8;
  my ($status, $is_busy) = ($size || 0) == 8 ? unpack('ll', $said) : (undef, 0);
  waitpid($reaper, 0) if !$is_busy;
  # It said nothing: then its own end is what there is to tell.
  $status = $? if !defined $status;
  if (my $signal = $status & 127) {
    $SIG{$_} = 'DEFAULT' for @stops;
    kill $signal, $$;
    exit 128 + $signal;
  }
  exit($status >> 8);
}
