import { MemoryStore } from '../../src/store/memory-store.ts';
import { storeContract } from './contract.ts';
import { WIDE } from './samples.ts';

storeContract({
  name: 'memory',
  create: async (limits = {}) => {
    const store = new MemoryStore({ ...WIDE, ...limits });
    return { store, reopen: async () => store };
  },
});
