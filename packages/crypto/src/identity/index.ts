/**
 * Who a device is.
 *
 * @module
 */

export { decodeDeviceName, encodeDeviceName, MAX_NAME_SIZE } from './device-name.ts';
export { IDENTITY_KEY_SIZE, Identity } from './identity.ts';
