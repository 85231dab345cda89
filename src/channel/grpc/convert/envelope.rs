//! What all write requests have in common, and their canonical content.

use prost::Message;

use crate::{
    channel::operations::Envelope,
    proto::channel::{AddAddressRequest, CreateCustomerRequest, UpdateCustomerRequest},
};

/// A write request, as far as all are alike.
pub(in crate::channel::grpc) trait WriteRequest: Message {
    /// Takes request id, channel and `validate_only` out of the message.
    fn take_address(&mut self) -> (String, String, bool);
}

macro_rules! write_requests {
    ($($message:ty),*) => {$(
        impl WriteRequest for $message {
            fn take_address(&mut self) -> (String, String, bool) {
                (
                    std::mem::take(&mut self.request_id),
                    std::mem::take(&mut self.channel),
                    std::mem::take(&mut self.validate_only),
                )
            }
        }
    )*};
}

write_requests!(CreateCustomerRequest, UpdateCustomerRequest, AddAddressRequest);

/// Takes the envelope off. The content is the message encoded anew: fields in their order, defaults and unknown
/// fields left out, so that clients of any language and age mean the same by the same request.
pub(in crate::channel::grpc) fn take(request: &mut impl WriteRequest) -> Envelope {
    let (request_id, channel, validate_only) = request.take_address();
    Envelope { request_id, channel, validate_only, content: request.encode_to_vec() }
}
