#!/usr/bin/perl
# A service as small as can be: every request gets one status and one line, name and version.
use strict;
use warnings;
use IO::Socket::INET;

my ($name, $status, $port, $library) = ("@PACKAGE@", "@STATUS@", @PORT@, "@LIBRARY@");
my $version = "@VERSION@";

if ($library ne "") {
    # The library is mapped for as long as this process lives, as with any linked program; the
    # version it answers is that of the library it has loaded.
    require DynaLoader;
    DynaLoader::dl_load_file("$library/liblab.so.1") or die "no liblab.so.1";
    open(my $file, "<", "$library/version") or die "no version of liblab";
    chomp($version = <$file>);
    close($file);
}

my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 20, ReuseAddr => 1)
    or die "port $port: $!";
if (@ARGV) {
    open(my $ready, ">", $ARGV[0]) or die "$ARGV[0]: $!";
    close($ready);
}
while (1) {
    my $client = $server->accept() or next;
    eval {
        local $SIG{ALRM} = sub { die "slow" };
        alarm 5;
        while (my $line = <$client>) { last if $line =~ /^\r?$/ }
        my $body = "$name $version\n";
        print $client "HTTP/1.1 $status\r\nContent-Length: " . length($body)
            . "\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n$body";
        alarm 0;
    };
    alarm 0;
    close($client);
}
