/** A page of a browser that a test drives, whatever the browser's protocol. */
export interface RemotePage {
  goto(url: string): Promise<void>;
  /** Evaluates the body of an async function in the page and returns its result, which must be JSON. */
  evaluate<Result>(body: string): Promise<Result>;
  close(): Promise<void>;
}

/** A browser that opens pages. All of it ends with `close`. */
export interface RemoteBrowser {
  open(): Promise<RemotePage>;
  close(): Promise<void>;
}
