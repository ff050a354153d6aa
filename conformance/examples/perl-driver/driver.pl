#!/usr/bin/env perl
# An executor of another language, and the driver that reaches it: a pool that forks a process for each task.
#   poolproof smoke 'driver:perl conformance/examples/perl-driver/driver.pl'
use strict; use warnings; no warnings 'portable';
use Carp; use IO::Select; use IO::Socket::UNIX; use JSON::PP; use POSIX (); use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

# The executor: at most `workers` processes at a time, first in, first out.
my ($running, %running) = IO::Select->new;    # the reading end of each process that runs, and its future
sub submit { my ($pool, $task) = @_;
    push @{$pool->{queue}}, my $future = {pool => $pool, task => $task, state => 'pending'}; pump($pool); return $future }
sub pump { my ($pool) = @_;
    while ($pool->{active} < $pool->{workers} and my $future = shift @{$pool->{queue}}) {
        pipe my $result, my $worker or die "no pipe: $!"; defined(my $pid = fork) or die "no process: $!";
        if (!$pid) { my ($outcome, $bytes) = $future->{task}->(); print $worker encode($outcome), "\n", $bytes; close $worker; POSIX::_exit(0) }
        @$future{qw(state pid said)} = ('running', $pid, ''); $pool->{active}++;
        $running->add($result); $running{$result} = $future } }
sub hear { my ($result) = @_; my $future = $running{$result};    # some more of what a process says, or its end
    return if sysread $result, $future->{said}, 1 << 16, length $future->{said};
    $running->remove($result); delete $running{$result}; waitpid $future->{pid}, 0; $future->{pool}{active}--;
    my $outcome = eval { arrived(split /\n/, $future->{said}, 2) } // {Err => {broken => "process $future->{pid} ended: $?"}};
    @$future{qw(state outcome task said)} = ('done', $outcome); pump($future->{pool}) }
sub cancel { my ($future) = @_; return $future->{state} eq 'cancelled' if $future->{state} ne 'pending';
    @{$future->{pool}{queue}} = grep { $_ != $future } @{$future->{pool}{queue}};
    @$future{qw(state outcome task)} = ('cancelled', {Err => 'cancelled'}) }

# Messages, the clock, the gates (sections 2 and 7), and the task of a probe (section 6).
my $json = JSON::PP->new->utf8->allow_nonref->allow_bignum;
sub encode { $json->encode($_[0]) }
sub decode { $json->decode($_[0]) }
sub bool { $_[0] ? JSON::PP::true : JSON::PP::false }
sub now_ns { 0 + sprintf '%d', 1e9 * clock_gettime(CLOCK_MONOTONIC) }
sub house { my $house = $_[0]{path} && IO::Socket::UNIX->new(Peer => $_[0]{path}); $house && $house->autoflush; $house }
sub note { my ($house, $actor, $moment, @pass) = @_;    # answered when it is in the history, or the gate is open
    my $event = {at_ns => now_ns(), actor => $actor, moment => $moment, pid => $$, tid => $$};
    print $house encode({note => $event, @pass}) . "\n" and readline $house if $house }
sub Canary::DESTROY { note(house($_[0]{house}), {task => $_[0]{label}}, 'released') if $_[0]{owner} == $$ }
sub bytes { my ($length, $seed) = @_; substr pack('Q<', "$seed") x (1 + $length / 8), 0, $length }
sub arrived { my ($outcome, $bytes) = (decode($_[0]), $_[1]); my $payload = ref $outcome->{Ok} && $outcome->{Ok}{payload};
    die 'its bytes are damaged' if $bytes ne ($payload ? bytes(@$payload) : ''); return $outcome }
sub task { my ($probe) = @_; my ($label, $value, $actor) = (@$probe{qw(label value)}, {task => $probe->{label}});
    my $canary = $probe->{canary} && bless {house => $probe->{house}, label => $label, owner => $$}, 'Canary';
    my $bytes = ref $value && $value->{payload} ? bytes(@{$value->{payload}}) : '';
    return sub { my ($held, $house, $failed) = (\$canary, house($probe->{house})); note($house, $actor, 'started');
        for (@{$probe->{steps}}) { my ($step, $how) = ref ? %$_ : ($_);
            if ($step eq 'note') { note($house, $actor, {noted => $how}) }
            elsif ($step eq 'pass') { note($house, $actor, {arrived => $how}, pass => $how); note($house, $actor, {passed => $how}) }
            elsif ($step eq 'sleep') { Time::HiRes::usleep($how) }
            elsif ($step eq 'spin') { spin($how) }
            elsif ($step eq 'die') { ref $how ? POSIX::_exit($how->{exit}) : kill $how eq 'abort' ? 'ABRT' : 'KILL', $$ }
            elsif ($step eq 'fail') { $failed = {Err => {raised => {kind => 'ProbeError', message => 'probe fails on purpose'}}}; last }
            else { note($house, $actor, {noted => 'the executor is gone'}) } }
        note($house, $actor, 'finished'); my ($kind) = ref $value ? keys %$value : $value;
        note(house($value->{guest}{house}), {task => $value->{guest}{label}}, {noted => 'guest released'}) if $kind eq 'guest';
        $failed //= {Err => {unserialisable => 'it has no form outside of its process'}} if $kind =~ /unserialisable|unrebuildable/;
        return $failed ? ($failed, '') : ({Ok => $kind eq 'who_am_i' ? {identity => {pid => $$, tid => $$}} : $value}, $bytes) } }

# Rounds (section 6): the executor, its tasks, and the loop that a plain program would have.
sub product { use integer; $_[0] * $_[1] }    # wraps at 64 bits
sub mix { my ($n) = @_; my $m = ~0 & product($n ^ $n >> 30, 0xbf58476d1ce4e5b9); ~0 & product($m ^ $m >> 27, 0x94d049bb133111eb) }
my $turns;    # of a loop, in a microsecond
sub spin { if (!$turns) { $turns = 20_000; my $start = now_ns(); spin(1); $turns *= 1000 / (now_ns() - $start) }
    my $state = 1; $state = ($state * 1103515245 + 12345) & 0x7fffffff for 1 .. $_[0] * $turns }
my %workloads = (empty => sub { }, cpu => \&spin, sleep => \&Time::HiRes::usleep, file => sub { my $size = $_[0] << 10;
    open my $file, '+>', undef or die $!; syswrite $file, 'x' x $size; sysseek $file, 0, 0; sysread($file, my $read, $size) == $size or die $! });
sub run { my ($pool, $spec) = @_; my ($name, $size) = ref $spec->{workload} ? %{$spec->{workload}} : $spec->{workload};
    my ($work, $each) = ($workloads{$name}, $spec->{dispatch} eq 'one_by_one');
    return fault => {wrong => 'no such workload or dispatch'} unless $work and $each || $spec->{dispatch} eq 'submit';
    spin(0); my ($start, @futures, @trips) = now_ns();
    my $wait = sub { while (!$_[0]{outcome}) { $running{$_} && hear($_) for $running->can_read } };
    for my $n (0 .. $spec->{tasks} - 1) { my $sent = now_ns();
        push @futures, submit($pool, sub { $work->($size); ({Ok => '' . mix($n)}, '') });
        if ($each) { $wait->($futures[-1]); push @trips, now_ns() - $sent } }
    $wait->($_) for @futures; my $elapsed = now_ns() - $start;
    for (0 .. $#futures) { return fault => {wrong => "task $_ is wrong"} if ($futures[$_]{outcome}{Ok} // '') ne mix($_) }
    return ok => {elapsed_ns => $elapsed, trips_ns => \@trips} }

# The calls (sections 3 to 5). Each returns its answer, or nothing as long as there is none.
my (%held, $over);
my %profile = (kind => 'process', drop_executor => 'detaches', drop_future => 'detaches', cancel => 'eager', nested => 'unreachable',
    start_order => 'fifo', queue => 'unbounded', worker_loss => 'replaced', support => {map { $_ => 'native' }
        qw(submit concurrency timeout cancel shutdown cancel-futures isolation worker-loss)});
sub settled { my ($request, $answer) = @_; my ($future, $limit) = ($held{$request->{future}}, $request->{timeout_us});
    return ok => $answer->($future->{outcome}) if $future->{outcome};
    return unless defined $limit; return now_ns() >= ($request->{until} //= now_ns() + 1e3 * $limit) ? (fault => 'timed_out') : () }
my %calls = (
    hello => sub { ok => {protocol => 1, language => 'Perl', version => substr($^V, 1), versions => "Perl $]", profile => \%profile} },
    open => sub { my ($r) = @_; return fault => {raised => {kind => 'ValueError', message => 'no workers'}} unless $r->{workers};
        $held{$r->{executor}} = {workers => $r->{workers}, queue => [], active => 0}; ok => undef },
    submit => sub { my ($r) = @_; my $pool = $held{$r->{executor}}; return fault => {refused => 'shutdown'} if $pool->{closed};
        $held{$r->{future}} = submit($pool, task($r->{probe})); ok => undef },
    result => sub { settled($_[0], sub { $_[0] }) },
    exception => sub { settled($_[0], sub { $_[0]{Err} }) },
    state => sub { my $state = $held{$_[0]{future}}{state}; my $cancelled = $state eq 'cancelled';
        ok => {running => bool($state eq 'running'), done => bool($cancelled || $state eq 'done'), cancelled => bool($cancelled)} },
    cancel => sub { ok => bool(cancel($held{$_[0]{future}})) },
    shutdown => sub { my ($r) = @_; my $pool = $held{$r->{executor}}; $pool->{closed} = 1;
        if ($r->{cancel_futures}) { cancel($_) for @{[@{$pool->{queue}}]} }
        return if $r->{wait} and $pool->{active} || @{$pool->{queue}}; ok => undef },
    round => sub { run($held{$_[0]{executor}}, $_[0]{spec}) },
    drop => sub { delete $held{$_[0]{handle}}; ok => undef },
    bye => sub { $over = 1; ok => undef });
sub answer { my ($request) = @_; my $name = $request->{call};
    my $call = $calls{$name} or return fault => {driver => "there is no call `$name`"};
    for ($name eq 'open' ? () : grep { defined } $request->{executor}, $name eq 'submit' ? undef : $request->{future}) {
        return fault => {driver => "the handle $_ is not held"} unless $held{$_} }
    return $call->($request) }

@SIG{qw(PIPE INT USR1)} = ('IGNORE', 'IGNORE', sub { print STDERR Carp::longmess('asked for its stack') });
my $host = IO::Socket::UNIX->new(Peer => delete $ENV{POOLPROOF_DRIVER} // '') or die "this is a driver: poolproof starts it\n";
$host->autoflush; $running->add($host); my ($heard, %lanes) = ('');
until ($over) { my $answered = 1;    # what comes first in a lane is asked again until it has an answer
    while ($answered) { $answered = 0; for my $lane (values %lanes) { while (my ($request) = @$lane) {
        my @answer = answer($request) or last;
        print $host encode({id => $request->{id}, @answer}) . "\n"; shift @$lane; $answered = 1; exit if $over } } }
    my ($next) = sort { $a <=> $b } grep { defined } map { @$_ ? $_->[0]{until} : undef } values %lanes;
    for my $ready ($running->can_read(defined $next ? ($next > now_ns() ? ($next - now_ns()) / 1e9 : 0) : undef)) {
        if ($running{$ready}) { hear($ready); next }
        exit unless sysread $host, $heard, 1 << 16, length $heard;
        while ($heard =~ s/^(.*)\n//) { my $request = decode($1); push @{$lanes{$request->{lane}}}, $request } } }
