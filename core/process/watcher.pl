# Outlives the service and ends what that has started (see watcher.ts): `perl watcher.pl SETSID CLOCK_GETTIME VARIABLE
# LIMIT_MS`, with the numbers of these two system calls on this machine.
#
# Its input is held open by the service alone. When it ends the service has ended, however that came about, and all that
# carries VARIABLE in its environment is ended with all that is below it; a service that stopped softly has left nothing.
#
# A line of the input says that the service beat so many ms ago; from then on one more is awaited within LIMIT_MS of that beat. A
# service that is stopped or stuck writes none: then the same processes are ended, and it is waited for to go on.
#
# No modules: this is small, and starts in 3 ms.

my ($setsid, $clock_gettime, $variable, $limit_ms) = @ARGV;
my ($TERM_GRACE, $KILL_PATIENCE, $REAPER_PATIENCE, $CLOCK_MONOTONIC) = (3, 10, 1, 1);

# Whoever stops the service with its group, or at its terminal, does not mean this; and its folder may be unmounted.
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP QUIT);
syscall($setsid + 0);
chdir '/';

my ($said, $due) = ('', undef);
while (1) {
  my $rest = defined $due ? $due - now() : undef;
  if (is_readable(defined $rest && $rest < 0 ? 0 : $rest)) {
    sysread(STDIN, $said, 4096, length $said) or last;
    while ($said =~ s/^(\d+)\n//) { $due = now() + ($limit_ms - $1) / 1000 }
  } elsif (defined $due && now() >= $due) {
    undef $due;
    # No grace: others may soon work on the same tasks. When it goes on, it ends the rest itself, and may start anew.
    end_all(0, sub { is_readable(0) });
  }
}
end_all($TERM_GRACE, sub { 0 });

# In seconds; a sleep of the machine does not count.
sub now {
  my $time = "\0" x 16;
  syscall($clock_gettime + 0, $CLOCK_MONOTONIC, $time) == 0 or die "clock_gettime: $!\n";
  my ($seconds, $nanoseconds) = unpack 'qq', $time;
  return $seconds + $nanoseconds / 1e9;
}

sub is_readable {
  my ($seconds) = @_;
  vec(my $wanted = '', fileno STDIN, 1) = 1;
  return select($wanted, undef, undef, $seconds) > 0;
}

# As process_tree.ts does it: what appears meanwhile is ended, too, and reapers last, or what they hold would be nobody's.
sub end_all {
  my ($grace, $is_off) = @_;
  my ($begun, $alone, %told) = (now());
  while (!$is_off->()) {
    my ($reapers, $others) = carriers();
    my $elapsed = now() - $begun;
    return if !@$reapers && !@$others || $elapsed > $grace + $KILL_PATIENCE;
    if (@$others) {
      undef $alone;
      $elapsed >= $grace ? kill('KILL', @$others) : kill('TERM', grep { !$told{$_}++ } @$others);
    } else {
      $alone = $elapsed if !defined $alone;
      kill 'KILL', @$reapers if $elapsed - $alone >= $REAPER_PATIENCE;
    }
    select undef, undef, undef, 0.03;
  }
}

# The pids of all that lives and carries the variable, or is below what does: those that say they are reapers, and the others.
sub carriers {
  my (%children, %is_zombie, %environment, %seen);
  opendir my $proc, '/proc' or die "Cannot read /proc: $!\n";
  for my $pid (grep { /^\d+$/ } readdir $proc) {
    my $stat = text_of("/proc/$pid/stat");
    my ($state, $parent) = $stat =~ /.*\) (\S) (\d+)/s or next;
    push @{ $children{$parent} }, $pid;
    $is_zombie{$pid} = $state =~ /[ZX]/;
    $environment{$pid} = "\0" . text_of("/proc/$pid/environ");
  }
  my @all = grep { index($environment{$_}, "\0$variable=1\0") >= 0 } keys %environment;
  for (my $at = 0; $at < @all; $at++) { push @all, @{ $children{ $all[$at] } || [] } }
  my (@reapers, @others);
  for my $pid (grep { !$seen{$_}++ && !$is_zombie{$_} && $_ != $$ } @all) {
    push @{ index($environment{$pid}, "\0PERSONAL_REAPER=1\0") >= 0 ? \@reapers : \@others }, $pid;
  }
  return (\@reapers, \@others);
}

# Empty for what has ended meanwhile, or is not ours to look at.
sub text_of {
  open my $file, '<', $_[0] or return '';
  local $/;
  my $text = <$file>;
  return defined $text ? $text : '';
}
