import { commitOffsets } from './commit-offsets.ts'
import type { Handler } from './handler.ts'

export const offsetCommit: Handler<'OffsetCommit'> = (request, context) => {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = request
  return commitOffsets(request.topics, context, (offsets) =>
    context.broker.groups.commit({ groupId, memberId, groupInstanceId, generation }, offsets),
  )
}
