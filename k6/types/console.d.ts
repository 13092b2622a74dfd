/** k6's console: the part of it that scripts use. Its timers are imported from k6/timers. */
declare const console: {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
};
