import { storeContract } from './contract.ts';
import { createSqlite } from './folders.ts';

storeContract({ name: 'sqlite', create: createSqlite });
