//! `ListDatabaseGroups`, `SaveDatabaseGroup`, `SaveDatabase`.

use crate::{
    domain::{error::Result, setup},
    headquarters::operations::{self, Databases, Headquarters, RegisteredDatabase},
    proto::headquarters::{
        Database, DatabaseGroup, ListDatabaseGroupsResponse, SaveDatabaseGroupRequest,
        SaveDatabaseGroupResponse, SaveDatabaseRequest, SaveDatabaseResponse,
    },
    wire::timestamp,
};

pub(super) async fn list_groups(headquarters: &Headquarters) -> Result<ListDatabaseGroupsResponse> {
    let found = operations::databases(headquarters).await?;
    let groups = found.setup.database_groups.keys().filter_map(|code| group(&found, code));
    Ok(ListDatabaseGroupsResponse { database_groups: groups.collect() })
}

pub(super) async fn save_group(
    headquarters: &Headquarters,
    request: SaveDatabaseGroupRequest,
) -> Result<SaveDatabaseGroupResponse> {
    let given = request.database_group.unwrap_or_default();
    let code = given.code;
    let filter_shared_customer_data_tables = given.filter_shared_customer_data_tables;
    let saved = setup::DatabaseGroup { filter_shared_customer_data_tables };
    let found = operations::save_database_group(headquarters, code.clone(), saved).await?;
    Ok(SaveDatabaseGroupResponse { database_group: group(&found, &code) })
}

pub(super) async fn save(
    headquarters: &Headquarters,
    request: SaveDatabaseRequest,
) -> Result<SaveDatabaseResponse> {
    let given = request.database.unwrap_or_default();
    let found = operations::save_database(headquarters, given.name.clone(), given.group).await?;
    let saved = found.setup.databases.get_key_value(&given.name);
    Ok(SaveDatabaseResponse { database: saved.map(|(name, saved)| database(&found, name, saved)) })
}

fn group(found: &Databases, code: &str) -> Option<DatabaseGroup> {
    let group = found.setup.database_groups.get(code)?;
    let members = found.setup.databases.iter().filter(|(_, database)| database.group == code);
    Some(DatabaseGroup {
        code: code.to_owned(),
        filter_shared_customer_data_tables: group.filter_shared_customer_data_tables,
        databases: members.map(|(name, member)| database(found, name, member)).collect(),
    })
}

fn database(found: &Databases, name: &str, database: &setup::Database) -> Database {
    let shown =
        Database { name: name.to_owned(), group: database.group.clone(), ..Database::default() };
    match found.registered.get(name) {
        Some(registered) => with_registration(shown, registered),
        None => shown,
    }
}

fn with_registration(shown: Database, registered: &RegisteredDatabase) -> Database {
    Database {
        database_id: registered.origin.database_id.hyphenated().to_string(),
        program_version: registered.program_version.clone(),
        last_seen_time: Some(timestamp(registered.last_seen_at)),
        ..shown
    }
}
