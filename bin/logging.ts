import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

/** A log on standard error: one JSON object a line, or lines for people where a terminal reads along. */
export function createLog(level: string): Logger {
  if (process.stderr.isTTY) return pino({ level }, pretty({ destination: 2, sync: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' }));
  return pino({ level }, pino.destination({ fd: 2, sync: true }));
}
