import { fingerprint, pictureToSvg, pictureToText } from '../../src/index.ts';
import { Draws, hex } from './draws.ts';

/** docs/protocol/fingerprint.md */
export function fingerprintVectors(): unknown {
  const draws = new Draws('fingerprint');
  const input = () => ({
    transcriptHash: draws.random(32),
    initiatorKey: draws.random(32),
    responderKey: draws.random(32),
  });
  const first = input();
  const swapped = { ...first, initiatorKey: first.responderKey, responderKey: first.initiatorKey };
  return {
    spec: 'docs/protocol/fingerprint.md',
    cases: [first, swapped, input()].map((keys) => {
      const { digits, words, picture } = fingerprint(keys);
      return {
        transcriptHash: hex(keys.transcriptHash),
        initiatorKey: hex(keys.initiatorKey),
        responderKey: hex(keys.responderKey),
        digits,
        words,
        picture,
        text: pictureToText(picture).split('\n'),
        svg: pictureToSvg(picture),
      };
    }),
  };
}
