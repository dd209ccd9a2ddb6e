# Says which records of worktrees changed (see record_watch.ts): `perl record_watch.pl INIT ADD FOLDER FILE...`, with the numbers
# of inotify_init1(2) and inotify_add_watch(2) on this machine, the folder of the records, and the files that count in each.
#
# When it watches it prints the folder's inode, as an answer. For each byte on its input it prints the names in the folder of
# which anything changed since the last answer, each with a zero byte after it, and last `.`: the kernel notes a change before
# whoever makes it goes on, so none that was made before the question is left out. `/`: any may have. It ends with its input,
# and when it cannot watch any more.
#
# Files are watched by themselves, too: what is written by another name of the same file is not told of its folder.
#
# No modules: loading them takes longer than all the rest.

my ($IN_NONBLOCK, $IN_CLOEXEC, $IN_ONLYDIR, $IN_DONT_FOLLOW) = (0x800, 0x80000, 0x1000000, 0x2000000);
my ($IN_MOVED_TO, $IN_CREATE, $IN_DELETE_SELF, $IN_MOVE_SELF) = (0x80, 0x100, 0x400, 0x800);
my ($IN_UNMOUNT, $IN_Q_OVERFLOW, $IN_IGNORED) = (0x2000, 0x4000, 0x8000);
# MODIFY ATTRIB CLOSE_WRITE MOVED_FROM MOVED_TO CREATE DELETE DELETE_SELF MOVE_SELF: no mere reading. CLOSE_WRITE for what is
# written through a mapping.
my $CHANGES = 0x2 | 0x4 | 0x8 | 0x40 | $IN_MOVED_TO | $IN_CREATE | 0x200 | $IN_DELETE_SELF | $IN_MOVE_SELF;
my ($ENOENT, $ENOTDIR) = (2, 20);

my ($init, $add, $folder, @files) = @ARGV;
my %counts = map { $_ => 1 } @files;
my (%records, %changed);

chdir $folder or exit 1;
my $notify = syscall($init + 0, $IN_NONBLOCK | $IN_CLOEXEC);
$notify >= 0 or exit 1;
open(my $events, '<&=', $notify) or exit 1;
$| = 1;

my $all = watch('.', $IN_ONLYDIR) // exit 1;
watch_all();
print +(stat '.')[1], "\0.\0";

while (1) {
  my $ready = '';
  vec($ready, 0, 1) = vec($ready, $notify, 1) = 1;
  next if select($ready, undef, undef, undef) < 1;
  # First what was asked, then what had changed until then.
  my $asked = vec($ready, 0, 1) ? sysread(STDIN, my $question, 1) : undef;
  hear();
  next if !defined $asked;
  exit 0 if $asked == 0;
  print map({ "$_\0" } keys %changed), ".\0";
  %changed = ();
}

# The watch, or nothing where there is no such file.
sub watch {
  my ($path, $flags) = @_;
  my $watch = syscall($add + 0, $notify, $path, $CHANGES | $IN_DONT_FOLLOW | $flags);
  return $watch if $watch >= 0;
  exit 1 if $! != $ENOENT && $! != $ENOTDIR;
  return;
}

sub watch_all {
  opendir(my $names, '.') or exit 1;
  watch_record($_) for grep { $_ ne '.' && $_ ne '..' } readdir $names;
}

# The folder first: a file that comes between the two is told.
sub watch_record {
  my ($name) = @_;
  for my $path ($name, map { "$name/$_" } @files) {
    my $watch = watch($path, 0) // next;
    $records{$watch}{$name} = 1;
  }
}

sub hear {
  while (sysread($events, my $bytes, 65536)) {
    for (my $at = 0; $at < length $bytes;) {
      my ($watch, $what, undef, $length) = unpack('iIII', substr($bytes, $at, 16));
      my $name = unpack('Z*', substr($bytes, $at + 16, $length));
      $at += 16 + $length;
      note($watch, $what, $name);
    }
  }
}

sub note {
  my ($watch, $what, $name) = @_;
  if ($what & $IN_Q_OVERFLOW) {
    $changed{'/'} = 1;
    watch_all();
  } elsif ($watch == $all) {
    exit 1 if $what & ($IN_DELETE_SELF | $IN_MOVE_SELF | $IN_UNMOUNT | $IN_IGNORED);
    return if $name eq '';
    $changed{$name} = 1;
    watch_record($name) if $what & ($IN_CREATE | $IN_MOVED_TO);
  } elsif ($name eq '' || $counts{$name}) {
    for my $record (keys %{$records{$watch}}) {
      $changed{$record} = 1;
      watch_record($record) if $what & ($IN_CREATE | $IN_MOVED_TO);
    }
    delete $records{$watch} if $what & $IN_IGNORED;
  }
}
