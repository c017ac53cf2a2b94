/** What `ringpool --help` and `ringpool run --help` print. */
export const HELP = `ringpool run [options] MODULE[#NAME] [FILE|GLOB ...]
ringpool run [options] MODULE[#NAME] ::: VALUE ...
... | ringpool run [options] MODULE[#NAME]

Calls an exported function once for each file, value or line of standard input, on all cores, and prints
each result as a line of JSON, in the order of the input.

  ringpool run ./thumbnail.ts photos/**/*.jpg
  ringpool run ./tasks.ts#resize --arg width=200 'photos/**/*.jpg' > sizes.jsonl
  cat events.jsonl | ringpool run ./score.ts --json --timeout 5s

The function
  MODULE#NAME             the export NAME; without #NAME the only exported function, or the default one
  --arg KEY=VALUE         a last argument { KEY: "VALUE" }; may be given again for more keys
  --arg-json KEY=JSON     the same with a value of JSON, such as width=200
  --json                  each line or value is JSON, and its value is the argument
  --spread                each JSON array is the list of arguments; implies --json

The input
  FILE, 'GLOB'            paths; a quoted glob is expanded here, in the order of its paths
  -, or nothing           the lines of standard input
  ::: VALUE ...           the values as they are
  -a, --arg-file FILE     the lines of a file
  -0, --null              lines end with a NUL character instead of a newline

The run
  -j, --jobs N            threads: 1 to 256, or a share of the cores such as 50%; one a core when left out
      --timeout TIME      the longest call: 500ms, 5s, 1m30s; a number alone is seconds
      --retries N         a call that fails runs again, up to N times
      --keep-going        go on after failures and list them at the end: the default
      --bail              stop at the first failure: --halt now,fail=1
      --halt WHEN         never; or now|soon,fail|success=N ("soon" lets the running calls finish)
      --resume FILE       write down what is done; a run that was stopped goes on where it was
      --dry-run           print the calls, and make none

The output
  -k, --keep-order        results in the order of the input: the default
      --unordered         results as they come
      --tag               each line is {"index":0,"input":"a.jpg","value":...}, or has an "error"
      --no-progress       no progress bar (there is one only on a terminal)
      --verbose           list failures with their stacks
  -h, --help              this text
  -V, --version           the version

Exit codes: 0 every call succeeded, 1 some failed, 2 nothing was run (wrong use, or a module that does not
load), 130 stopped by Ctrl-C, 141 the reader of the output has gone. The manual: docs/command-line.md
`;
