/**
 * The handshake: how two devices that never met get a session.
 *
 * @module
 */

export { type InitiatedChat, type InitiateOptions, initiateChat } from './initiate.ts';
export {
  type InitiatorIdentity,
  type OpenedRequest,
  openRequest,
  type RequestKeys,
  type RequestPrologue,
} from './request-envelope.ts';
export { type RespondedChat, type RespondOptions, respondToRequest } from './respond.ts';
