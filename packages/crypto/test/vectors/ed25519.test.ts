import { ed25519Verify } from '../../src/primitives/index.ts';
import { expectCode } from '../support/errors.ts';
import { fromHex } from '../support/third-party.ts';
import { wycheproof } from '../support/wycheproof.ts';

wycheproof<{ msg: string; sig: string }, { publicKey: { pk: string } }>('ed25519_test.json', (vector, group) => {
  const run = () => ed25519Verify(fromHex(vector.sig), fromHex(vector.msg), fromHex(group.publicKey.pk));
  if (vector.result === 'valid') {
    run();
  } else {
    expectCode('INVALID_SIGNATURE', run);
  }
});
