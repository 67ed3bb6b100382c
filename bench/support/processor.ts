import { readFileSync } from 'node:fs'

/**
 * Processor time of all child processes that have ended, in steps of 10 ms: what other work on the machine does not
 * lengthen as it does the time on the clock.
 *
 * @see proc_pid_stat(5), cutime, cstime
 */
export function childrenMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return 10 * (Number(fields[13]) + Number(fields[14]))
}
