/**
 * Pieces over HTTP, passed in: the platform's `fetch`, Node's own client, or a wire of a test.
 *
 * Requests for pieces name no mailbox, no chat and no device, and share no connection with those that do.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

/** Which piece, and how it may be reached. */
export interface PieceRequest {
  /** Canonical origin, `wss://…` or `ws://…`. */
  readonly relay: string;
  /** 32 bytes. */
  readonly id: Uint8Array;
  /**
   * The user, or a chat of theirs, uses this relay. Otherwise it is one that somebody wrote into a message, and nothing in
   * a private network may be asked.
   */
  readonly isChosen: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface PieceUpload {
  /** 65536 or 1048576. The caller's again once the piece is stored. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the delete token. */
  readonly deleteHash: Uint8Array;
  /** 1 to 720. */
  readonly ttlHours: number;
  /** Of a private relay. */
  readonly token?: string | undefined;
}

/**
 * @throws `ClientError` `RELAY_UNREACHABLE`; `RELAY_REFUSED` with its code; `RELAY_MISBEHAVED` for an answer that is none;
 * `RELAY_FORBIDDEN` for one in a private network; `ABORTED`, from each method
 */
export interface PieceTransport {
  /** Resolves once the piece is durable there; `there` if it was before. */
  put(request: PieceRequest, upload: PieceUpload): Promise<'stored' | 'there'>;
  /**
   * The whole piece, of exactly `length` bytes, owned by the caller.
   *
   * @param into memory of at least `length` bytes to put it into; after a failure it is not to be used again. A transport that
   * cannot leaves it
   */
  get(request: PieceRequest, length: number, into?: Uint8Array): Promise<Uint8Array>;
  /** Whether it is there: its size, 65536 or 1048576. @throws `ClientError` `RELAY_REFUSED` of code `GONE` if it is not */
  head(request: PieceRequest): Promise<number>;
  /** @throws `ClientError` `RELAY_REFUSED` of code `GONE` if it is not there */
  remove(request: PieceRequest, deleteToken: Uint8Array): Promise<void>;
  /** Ends connections that wait for the next request. */
  close(): void;
}
