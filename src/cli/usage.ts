/** What `--help` says. */
export const USAGE = {
  main: `bellhop: messages between services, with priorities, retries and receipts

Usage
  bellhop gateway [options]            run a gateway on this machine
  bellhop publish [FILE|-] [options]   send messages from a file or standard input
  bellhop <command> --help             options and examples of a command
  bellhop --version

Exit codes
  0    everything asked for was done
  1    some message was refused, failed, or had not ended in time
  2    the command line or the input could not be read
  3    there is no gateway at the URL, or the gateway could not start
  130  stopped by SIGINT or SIGTERM (publish)`,

  gateway: `Runs a gateway on 127.0.0.1, in open mode, until SIGINT or SIGTERM.

Usage
  bellhop gateway [--port N] [--store FILE|memory] [--service URL]...

Options
  --port N           port to listen on; 0 takes any that is free (default 8000)
  --store FILE       SQLite file that keeps CRITICAL messages (default bus.db);
                     "memory" keeps nothing beyond this process
  --service URL      where a service is mounted, to be discovered; may be repeated
  --max-bytes N      largest envelope in bytes, 65536 to 16777216 (default 262144)
  --deadline S       seconds that attempts under way get when it is told to stop (default 10)
  --json             say where it listens as one line of JSON

Examples
  bellhop gateway
  bellhop gateway --port 0 --store memory --json
  bellhop gateway --store /var/lib/bellhop/bus.db --service http://127.0.0.1:8001/bellhop`,

  publish: `Sends messages: one JSON envelope, one envelope a line (NDJSON), or a JSON array of envelopes.
Which of the three it is, is found out; NDJSON may be of any size, the others up to 64 MiB.

Usage
  bellhop publish [FILE|-] [options]

Options
  --gateway URL      the gateway's URL (default http://127.0.0.1:8000, or BELLHOP_GATEWAY)
  --wait S           wait up to S seconds for every delivery of each message to end, 1 to 60
  --priority P       LOW, NORMAL, HIGH or CRITICAL for every message
  --target NAME      send every message to this service alone
  --type TYPE        take JSON that is no envelope for the data of a message of this type
  --source URI       source of messages made by --type (default /cli)
  --concurrency N    requests under way at once, 1 to 256 (default 16)
  --timeout S        seconds to try to hand over one message, 1 to 3600 (default 30)
  --json             one line of JSON for each message, and a last one for all
  --quiet            no progress bar and no list of what was refused

Examples
  bellhop publish events.ndjson --wait 30
  echo '{"id":"42"}' | bellhop publish --type document.created --priority CRITICAL --wait 10
  bellhop publish batch.json --json | jq -r 'select(.code) | "\\(.line) \\(.code)"'

Sending a file again is harmless: an envelope with the same source and id counts as a duplicate.`,
} as const;
