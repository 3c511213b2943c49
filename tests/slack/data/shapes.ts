import type { AnyChunk, KnownBlock, MessageMetadata, ModalView } from '@slack/types';

export interface Shapes {
  block: KnownBlock;
  chunk: AnyChunk;
  modal: ModalView;
  metadata: MessageMetadata;
}
