/*
 * What a client may do, as bits of Kafka's AclOperation: without an authorizer everything that there is (AclEntry.supportedOperations).
 */

/** Read, write, create, delete, alter, describe, describe and alter configs. */
export const topicOperations = 0b1101_1111_1000

/** Create, alter, describe, cluster action, describe and alter configs, idempotent write. */
export const clusterOperations = 0b1_1111_1010_0000

/** Read, delete, describe, describe and alter configs. */
export const groupOperations = 0b1101_0100_1000

/** Not asked for. */
export const unknownOperations = -2_147_483_648
