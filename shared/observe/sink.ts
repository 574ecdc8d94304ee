let sink: (line: string) => void = (line) => console.log(line);

/** Writes one line of a function's log: to standard output, from where CloudWatch takes it. */
export function writeLine(line: string): void {
  sink(line);
}

/** Sends the lines of this process elsewhere: a command has a standard output of its own. */
export function sendLinesTo(to: (line: string) => void): void {
  sink = to;
}
