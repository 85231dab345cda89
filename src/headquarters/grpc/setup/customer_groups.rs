//! `ListCustomerGroups`, `SaveCustomerGroup`, `DeleteCustomerGroup`.

use crate::{
    domain::{error::Result, setup::Setup},
    headquarters::operations::{self, Headquarters, change_setup},
    proto::headquarters::{
        CustomerGroup, DeleteCustomerGroupRequest, DeleteCustomerGroupResponse,
        ListCustomerGroupsResponse, SaveCustomerGroupRequest, SaveCustomerGroupResponse,
    },
};

pub(super) async fn list(headquarters: &Headquarters) -> Result<ListCustomerGroupsResponse> {
    let found = operations::setup(headquarters).await?.customer_groups;
    let group = |(code, display_name)| CustomerGroup { code, display_name };
    Ok(ListCustomerGroupsResponse { customer_groups: found.into_iter().map(group).collect() })
}

pub(super) async fn save(
    headquarters: &Headquarters,
    request: SaveCustomerGroupRequest,
) -> Result<SaveCustomerGroupResponse> {
    let given = request.customer_group.unwrap_or_default();
    let saved = given.clone();
    let save = move |setup: &mut Setup| setup.save_customer_group(&given.code, &given.display_name);
    change_setup(headquarters, save).await?;
    Ok(SaveCustomerGroupResponse { customer_group: Some(saved) })
}

pub(super) async fn delete(
    headquarters: &Headquarters,
    request: DeleteCustomerGroupRequest,
) -> Result<DeleteCustomerGroupResponse> {
    change_setup(headquarters, move |setup| setup.delete_customer_group(&request.code)).await?;
    Ok(DeleteCustomerGroupResponse {})
}
