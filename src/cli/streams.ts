/** Files and pipes as commands see them that answer line by line. */
export interface Streams {
  /** Pieces of a file, or of standard input for `null`. */
  read(file: string | null): AsyncIterable<Uint8Array>;
  isFile(path: string): boolean;
  readonly isInputTerminal: boolean;
  /** Resolves when the reader has taken enough to write more. */
  write(text: string): Promise<void>;
  err(text: string): void;
}
